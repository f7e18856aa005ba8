"""Hand queued facts to their reactors: each in a transaction of its own, in order per patient, exactly once.

A reaction that raises is rolled back and tried again; after the last try it is parked, shown, and can be replayed.
"""

from __future__ import annotations

import json
import logging
from collections import deque
from datetime import datetime, timedelta
from pathlib import Path
from threading import Lock
from typing import cast

from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import F

from priyom.foundation.clock import now
from priyom.foundation.sql import Statements
from priyom.journal.models import Pending
from priyom.journal.record import Seen, reaction, read

log = logging.getLogger(__name__)
sql = Statements(Path(__file__).parent / "sql")

MOST_TRIES = 8
AT_ONCE = 100
"""So many are seen at one look; what comes meanwhile waits for the next one."""


class Reactor:
    """One process's way through the queue. Its threads share what was seen to be next, so that each takes another.

    Taking is deleting: that no other process has it in hand, and that it has not been done, is one and the same word.
    """

    def __init__(self) -> None:
        self._seen: deque[int] = deque()
        self._looking = Lock()

    def step(self) -> bool:
        """React to one queued fact. True when there was one."""
        while (pending := self._next()) is not None:
            if self._react(pending):
                return True
        return False

    def _next(self) -> int | None:
        with self._looking:
            if not self._seen:
                with connection.cursor() as cursor:
                    cursor.execute(sql["queued"], {"now": now(), "most": AT_ONCE})
                    self._seen.extend(number for (number,) in cursor.fetchall())
            return self._seen.popleft() if self._seen else None

    def _react(self, pending: int) -> bool:
        tries = 0
        try:
            with transaction.atomic():
                with connection.cursor() as cursor:
                    cursor.execute(sql["take"], {"now": now(), "pending": pending})
                    row = cursor.fetchone()
                if row is None:
                    return False
                reactor, tries, fact_id, kind, at, data, patient_id, visit_id = row
                _perform(reactor, kind, json.loads(data), patient_id, visit_id, Seen(fact_id, at))
        except (OperationalError, InterfaceError):
            raise
        except Exception as error:
            log.exception("the reaction to queued fact %s failed", pending)
            _put_off(pending, tries, error)
        return True


def react_once() -> bool:
    """Take one queued fact. True when there was one."""
    return Reactor().step()


def next_due() -> datetime | None:
    """When the next queued fact is to be taken."""
    with connection.cursor() as cursor:
        cursor.execute(sql["next_try"])
        row = cursor.fetchone()
    return row and cast(datetime, row[0])


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
