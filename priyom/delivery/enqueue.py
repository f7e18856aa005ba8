"""Order a delivery, or take the order back. Both happen in the transaction of whoever calls: what is rolled back there
was never ordered. The worker is woken by the table itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Case, F, Value, When

from priyom.delivery.doubts import doubt
from priyom.delivery.models import Delivery, DeliveryState, Op, Rank
from priyom.foundation.clock import now


@dataclass(frozen=True, slots=True)
class Order:
    """One attempt wanted. `body` is as `models.Delivery` describes it; `goal` is the signal to be told of; not before
    `due_at` (now), not after `expires_at` (never)."""

    account_id: int
    address: str
    body: Mapping[str, Any]
    origin: str
    origin_id: int | None = None
    contact_point_id: int | None = None
    patient_id: int | None = None
    visit_id: int | None = None
    op: str = "send"
    quiet: bool = False
    goal: str = "answered"
    due_at: datetime | None = None
    expires_at: datetime | None = None

    @property
    def rank(self) -> Rank:
        """What is asked for by a person, or answers one, goes before what was planned, and that before bulk."""
        if self.op != Op.SEND:
            return Rank.PRESS if self.op == Op.PRESS else Rank.EDIT
        return RANKS.get(self.origin, Rank.AWAITED)


RANKS = {"notification": Rank.PLANNED, "campaign": Rank.BULK}
"""By origin; whatever else somebody orders, somebody waits for."""


def enqueue(order: Order) -> int:
    """Order one delivery; its id."""
    row = _row(order, now())
    row.save(force_insert=True)
    return row.pk


@transaction.atomic
def enqueue_many(orders: Sequence[Order]) -> list[int]:
    """Order many at once; ids in the order given."""
    at = now()
    rows = Delivery.objects.bulk_create((_row(order, at) for order in orders), batch_size=1000)
    return [row.pk for row in rows]


@transaction.atomic(savepoint=False)
def cancel(delivery_ids: Iterable[int], why: str) -> set[int]:
    """Take back those still waiting; the ids that were. One that may have left before is told as uncertain."""
    waiting = Delivery.objects.filter(pk__in=list(delivery_ids), state=DeliveryState.WAITING)
    found = dict(waiting.select_for_update().order_by("pk").values_list("pk", "maybe_sent"))
    Delivery.objects.filter(pk__in=found).update(
        state=DeliveryState.CANCELLED,
        evidence=why[:300],
        signal=Case(When(maybe_sent=True, then=Value("uncertain")), default=F("signal")),
        signal_at=now(),
    )
    doubt([number for number, maybe_sent in found.items() if maybe_sent], why)
    return set(found)


def _row(order: Order, at: datetime) -> Delivery:
    return Delivery(
        account_id=order.account_id,
        address=order.address,
        body=order.body,
        origin=order.origin,
        origin_id=order.origin_id,
        contact_point_id=order.contact_point_id,
        patient_id=order.patient_id,
        visit_id=order.visit_id,
        op=order.op,
        rank=order.rank,
        quiet=order.quiet,
        goal=order.goal,
        created_at=at,
        due_at=order.due_at or at,
        expires_at=order.expires_at,
    )
