"""Write down what became of deliveries: many by one statement for the worker, one for a gateway's later report.

Signals only move forward (the rule stands in `sql/settle.sql`), so a doubled, late or reordered word changes nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.db import connection, transaction

from priyom.contracts.message import Signal
from priyom.delivery.consequence import Again, Settled, storable
from priyom.delivery.database import Database
from priyom.delivery.doubts import KNOWN
from priyom.delivery.facts import DeliverySettled
from priyom.delivery.models import Delivery
from priyom.foundation.clock import now
from priyom.foundation.sql import Statements
from priyom.journal.record import reactors
from priyom.patients import reach

sql = Statements(Path(__file__).parent / "sql")


OUR_KEY = re.compile(r"d(\d{1,18})", re.ASCII)
"""How `attempt.outgoing` writes the key of a delivery."""
UNREAD_FOR = timedelta(days=30)
"""A reader of the newest message has read those of the last weeks; what is older is nobody's news."""

WORDS = json.dumps(KNOWN, ensure_ascii=False)

RUNGS = {signal: signal.rung for signal in Signal}


class NotYetKnown(Exception):
    """The report names a message we have not settled yet (or never sent): interpret it again a little later."""


def settled_values(batch: Sequence[Settled], at: datetime | Mapping[int, datetime] | None = None) -> dict[str, Any]:
    """Parameters of `settle.sql`; `at` is the moment of the signals, or of each by its delivery; now when not given."""
    moment = now()
    batch = sorted(batch, key=lambda item: item.delivery_id)
    return {
        "id": _numbers([item.delivery_id for item in batch]),
        "of_try": _numbers([item.of_try for item in batch]),
        "signal": _texts([item.signal.value for item in batch]),
        "rung": _numbers([RUNGS[item.signal] for item in batch]),
        "state": _texts([item.state for item in batch]),
        "at": _moments(batch, at or moment),
        "evidence": _texts([item.evidence for item in batch]),
        "code": _texts([item.code for item in batch]),
        "provider_id": _texts([item.provider_id for item in batch]),
        "cost": _numbers([item.cost for item in batch]),
        "currency": _texts([item.currency for item in batch]),
        "segments": _numbers([item.segments for item in batch]),
        "once": "{" + ",".join(["t" if item.once else "f" for item in batch]) + "}",
        "words": WORDS,
        "now": moment,
        "reactors": list(reactors(DeliverySettled.__name__)),
    }


def _numbers(values: Sequence[int | Decimal | None]) -> str:
    """An array as PostgreSQL writes it: joining is several times cheaper than adapting value by value."""
    return "{" + ",".join(["NULL" if value is None else str(value) for value in values]) + "}"


def _moments(batch: Sequence[Settled], at: datetime | Mapping[int, datetime]) -> str:
    """The same for moments."""
    if isinstance(at, datetime):
        return "{" + ",".join([at.isoformat()] * len(batch)) + "}"
    return "{" + ",".join([at[item.delivery_id].isoformat() for item in batch]) + "}"


def _texts(values: Sequence[str]) -> str:
    """The same for texts."""
    return "{" + ",".join([_quoted(value) if value else '""' for value in values]) + "}"


def _quoted(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def again_values(batch: Sequence[Again]) -> dict[str, Any]:
    """Parameters of `again.sql`."""
    moment = now()
    return {
        "id": [item.delivery_id for item in batch],
        "tries": [item.of_try for item in batch],
        "due_at": [moment + timedelta(seconds=item.after) for item in batch],
        "back": [0 if item.tried else 1 for item in batch],
        "maybe_sent": [item.maybe_sent for item in batch],
        "evidence": [item.evidence for item in batch],
    }


async def settle(database: Database, batch: Sequence[Settled]) -> None:
    """End these attempts: one statement, one transaction. Repeating it changes nothing. Raises psycopg.Error.

    Two results of one delivery (an older try answered late) go one after the other: a statement sees a row once.
    """
    first = {item.delivery_id: item for item in reversed(batch)}
    await database.rows(sql["settle"], settled_values(list(first.values())))
    if len(first) < len(batch):
        await settle(database, [item for item in batch if first[item.delivery_id] is not item])


async def mark_edited(database: Database, delivery_ids: Sequence[int]) -> None:
    """The messages that these edits were about now say something else. Raises psycopg.Error."""
    await database.rows(sql["edited"], {"ids": list(delivery_ids)})


async def put_back(database: Database, batch: Sequence[Again]) -> None:
    """Return these to the waiting ones. Repeating it changes nothing. Raises psycopg.Error."""
    await database.rows(sql["again"], again_values(batch))


def lose(items: Sequence[Settled]) -> None:
    """Remember the contact points that these attempts have shown to be lost. Sync."""
    how = {item.delivery_id: item for item in items}
    for row in Delivery.objects.filter(pk__in=how, contact_point__isnull=False).select_related(
        "contact_point", "account"
    ):
        item = how[row.pk]
        assert row.contact_point is not None
        reach.lost(row.contact_point, row.account.channel, item.lost, item.evidence, now())


@transaction.atomic
def report(
    account_id: int,
    provider_id: str,
    signal: Signal | str,
    evidence: str,
    at: datetime | None = None,
    code: str = "",
    gone: bool = False,
    key: str = "",
) -> bool:
    """A gateway's word about a message of ours; True when it was news. `gone`: the address itself is dead. `key`: our
    own key, where the gateway gives it back; it finds a message whose answer was lost, and names it from now on.

    Raises NotYetKnown when no delivery bears that id (it may be about to be settled).
    """
    ours = Delivery.objects.filter(account_id=account_id, op="send")
    found = ours.filter(provider_id=storable(provider_id, 200))
    delivery_id = found.order_by("-pk").values_list("pk", flat=True).first() if provider_id else None
    if delivery_id is None and (match := OUR_KEY.fullmatch(key)):
        lost = ours.filter(pk=int(match[1]), provider_id="", signal=Signal.UNCERTAIN)
        if lost.update(provider_id=storable(provider_id, 200)):
            delivery_id = int(match[1])
    if delivery_id is None:
        raise NotYetKnown(f"сообщение {provider_id!r} нам (пока) неизвестно")
    return advance(delivery_id, Signal(signal), evidence, at, code, gone)


@transaction.atomic
def read_up_to(account_id: int, address: str, provider_id: str, evidence: str, at: datetime) -> int:
    """Everything of ours in this chat up to that message has been read; how many that was news for.

    Raises NotYetKnown when the message is not known.
    """
    rows = Delivery.objects.filter(account_id=account_id, address=address, op="send")
    last = rows.filter(provider_id=storable(provider_id, 200)).order_by("-pk").first() if provider_id else None
    if last is None:
        raise NotYetKnown(f"сообщение {provider_id!r} нам (пока) неизвестно")
    unread = rows.filter(pk__lte=last.pk, signal__in=("accepted", "sent", "delivered"), state="settled")
    recent = unread.filter(sent_at__gte=at - UNREAD_FOR).order_by("pk").values_list("pk", flat=True)
    return sum(advance(number, Signal.READ, evidence, at) for number in list(recent))


@transaction.atomic
def advance(
    delivery_id: int, signal: Signal, evidence: str, at: datetime | None = None, code: str = "", gone: bool = False
) -> bool:
    """Move one delivery forward by its own id (a press or an answer names it); True when it was news."""
    news = Settled(delivery_id, 0, signal, storable(evidence, 300), storable(code, 60), lost="gone" if gone else "")
    with connection.cursor() as cursor:
        cursor.execute(sql["settle"], settled_values([news], at))
        moved = cursor.fetchone() is not None
    if moved and gone and signal is Signal.FAILED:
        lose([news])
    return moved
