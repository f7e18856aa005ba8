"""Gateways' plain reports, the bulk of what comes in: those of many webhooks are settled together. The rules are those
of `settle.report`, which takes whatever is not so plain, one by one."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import OperationalError, connection, transaction

from priyom.contracts.events import Event, Reported
from priyom.delivery.consequence import Settled, storable
from priyom.delivery.incoming import done, put_off, sql
from priyom.delivery.models import RawUpdate
from priyom.delivery.settle import OUR_KEY, NotYetKnown, settled_values

log = logging.getLogger(__name__)

Named = tuple[int, str]
"""(account id, the gateway's id of a message)."""


@dataclass(frozen=True, slots=True)
class Told:
    """A webhook that holds nothing but plain reports."""

    raw: RawUpdate
    reports: tuple[Reported, ...]


def plain(events: Sequence[Event]) -> tuple[Reported, ...] | None:
    """The events, when all are reports that touch nothing but their message; else None."""
    found = tuple(event for event in events if isinstance(event, Reported) and not event.gone)
    return found if len(found) == len(events) else None


def settle_together(batch: Sequence[Told]) -> list[RawUpdate]:
    """Settle the reports of these claimed webhooks, all or none; a webhook that names a message we do not know (yet) is
    put off. Returned are those that must be taken one by one. Inside a transaction; raises OperationalError."""
    known = _known(batch)
    ready, alone = [], []
    for told in batch:
        if all(_named(told, report) in known for report in told.reports):
            ready.append(told)
        elif any(OUR_KEY.fullmatch(report.key) for report in told.reports):
            alone.append(told.raw)
        else:
            missing = next(report for report in told.reports if _named(told, report) not in known)
            put_off(told.raw, NotYetKnown(f"сообщение {missing.provider_id!r} нам (пока) неизвестно"))
    try:
        with transaction.atomic():
            _settle(ready, known)
            done([told.raw.pk for told in ready])
    except OperationalError:
        raise
    except Exception:
        log.exception("%s updates cannot be interpreted together", len(ready))
        alone += [told.raw for told in ready]
    return alone


def _settle(ready: Sequence[Told], known: Mapping[Named, int]) -> None:
    with connection.cursor() as cursor:
        for turn in _turns(ready, known):
            moments = {news.delivery_id: at for news, at in turn}
            cursor.execute(sql["settle"], settled_values([news for news, _ in turn], moments))


def _turns(ready: Sequence[Told], known: Mapping[Named, int]) -> list[list[tuple[Settled, datetime]]]:
    """What one statement can settle: one report of each message, in their order. Where a gateway tells no moment it is
    the second in which we heard of it."""
    count: Counter[int] = Counter()
    turns: list[list[tuple[Settled, datetime]]] = []
    for told in sorted(ready, key=lambda told: told.raw.pk):
        for report in told.reports:
            delivery_id = known[_named(told, report)]
            if count[delivery_id] == len(turns):
                turns.append([])
            at = report.at or told.raw.received_at.replace(microsecond=0)
            news = Settled(delivery_id, 0, report.signal, storable(report.evidence, 300), storable(report.code, 60))
            turns[count[delivery_id]].append((news, at))
            count[delivery_id] += 1
    return turns


def _known(batch: Sequence[Told]) -> dict[Named, int]:
    named = sorted({_named(told, report) for told in batch for report in told.reports})
    with connection.cursor() as cursor:
        accounts, numbers = [account for account, _ in named], [number for _, number in named]
        cursor.execute(sql["raw_reported"], {"account": accounts, "provider_id": numbers})
        return {(account, number): delivery_id for account, number, delivery_id in cursor.fetchall()}


def _named(told: Told, report: Reported) -> Named:
    return told.raw.account_id, storable(report.provider_id, 200)
