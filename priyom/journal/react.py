"""Hand queued facts to their reactors: each in a transaction of its own, in order per patient, exactly once.

A reaction that raises is rolled back and tried again; after the last try it is parked, shown, and can be replayed.
"""

from __future__ import annotations

import json
import logging
from datetime import datetime, timedelta
from pathlib import Path

from django.db import OperationalError, connection, transaction
from django.db.models import F, Min

from priyom.foundation.clock import now
from priyom.foundation.sql import Statements
from priyom.journal.models import Pending
from priyom.journal.record import Seen, reaction, read

log = logging.getLogger(__name__)
sql = Statements(Path(__file__).parent / "sql")

MOST_TRIES = 8


def react_once() -> bool:
    """Take one queued fact. True when there was one."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(sql["claim"], {"now": now()})
            row = cursor.fetchone()
        if row is None:
            return False
        pending, reactor, tries, fact_id, kind, at, data, patient_id, visit_id = row
        try:
            with transaction.atomic():
                _perform(reactor, kind, json.loads(data), patient_id, visit_id, Seen(fact_id, at))
        except OperationalError:
            raise
        except Exception as error:
            log.exception("reaction %s to %s %s failed", reactor, kind, fact_id)
            _put_off(pending, tries, error)
            return True
        Pending.objects.filter(pk=pending).delete()
    return True


def next_due() -> datetime | None:
    """When the next queued fact is to be taken."""
    found: datetime | None = Pending.objects.filter(parked=False).aggregate(at=Min("next_try_at"))["at"]
    return found


def replay(pending_id: int) -> None:
    """Give a parked fact another round of tries."""
    Pending.objects.filter(pk=pending_id).update(parked=False, tries=0, next_try_at=now(), error="")


def _perform(
    reactor: str, kind: str, data: dict[str, object], patient_id: int | None, visit_id: int | None, seen: Seen
) -> None:
    function = reaction(kind, reactor)
    if function is not None:
        function(read(kind, data, patient_id, visit_id), seen)


def _put_off(pending: int, tries: int, error: Exception) -> None:
    Pending.objects.filter(pk=pending).update(
        tries=F("tries") + 1,
        parked=tries + 1 >= MOST_TRIES,
        next_try_at=now() + timedelta(seconds=2**tries),
        error=f"{type(error).__name__}: {error}"[:2000],
    )
