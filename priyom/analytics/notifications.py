"""The notifications of a visit with their legs, flat, as screens and the API show them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from priyom.appointments.models import Visit
from priyom.notifications.evidence import signal_words
from priyom.notifications.models import Leg, Notification


@dataclass(frozen=True, slots=True)
class LegView:
    """One attempt. `signal` is the ladder's word; `evidence` says how we know."""

    channel: str
    address: str
    state: str
    signal: str
    evidence: str
    at: datetime
    wait_until: datetime
    delivery_id: int | None = None


@dataclass(frozen=True, slots=True)
class RouteView:
    """One notification with its route."""

    id: int
    kind: str
    state: str
    goal: str
    reason: str
    evidence: str
    at: datetime
    version: int
    legs: tuple[LegView, ...]


def routes(visit: Visit) -> list[RouteView]:
    """Every notification of the visit, oldest first."""
    rows = (
        Notification.objects.filter(visit=visit)
        .order_by("created_at", "id")
        .prefetch_related("legs__account", "legs__delivery")
    )
    return [
        RouteView(
            row.pk, row.kind, row.state, row.goal, row.reason, row.evidence, row.created_at, row.visit_version,
            tuple(_leg(leg) for leg in sorted(row.legs.all(), key=lambda leg: leg.position)),
        )
        for row in rows
    ]  # fmt: skip


def _leg(leg: Leg) -> LegView:
    signal = leg.delivery.signal if leg.delivery else ""
    if leg.state == "reached":
        evidence = leg.reason
        signal = "answered" if leg.notification.goal == "answered" else signal
    elif leg.state in ("failed", "cancelled"):
        evidence = leg.reason
    else:
        evidence = signal_words(leg.account.channel, signal)
    at = leg.delivery.signal_at if leg.delivery and leg.delivery.signal_at else leg.started_at
    return LegView(leg.account.channel, leg.address, leg.state, signal, evidence, at, leg.wait_until, leg.delivery_id)
