"""Order a notification: one per visit, version and kind. What follows - legs, waits, the end - is `advance`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction

from priyom.appointments.models import Visit
from priyom.clinic.house import house
from priyom.foundation.clock import now
from priyom.notifications.models import Notification, NotificationState
from priyom.notifications.rules import Desk, Quiet


@dataclass(frozen=True, slots=True)
class Order:
    """One thing to tell the patient of `visit`. `goal` is a signal; `fresh`: an answer to something just now.

    `context`: {"old_start": iso, "rebook": bool}.
    """

    visit: Visit
    kind: str
    goal: str
    must_reach: bool = False
    fresh: bool = False
    expires_at: datetime | None = None
    context: Mapping[str, Any] = field(default_factory=dict)


@transaction.atomic(savepoint=False)
def notify(order: Order) -> int | None:
    """The notification's id; None when this visit, version and kind has one already."""
    at, visit = now(), order.visit
    expires = max(at, order.expires_at or visit.starts_at)
    start = at if order.fresh else quiet(visit).over(at)
    row, created = Notification.objects.get_or_create(
        dedupe_key=f"visit:{visit.pk}:{visit.version}:{order.kind}",
        defaults={
            "patient_id": visit.patient_id,
            "visit": visit,
            "visit_version": visit.version,
            "kind": order.kind,
            "goal": order.goal,
            "must_reach": order.must_reach,
            "fresh": order.fresh,
            "state": NotificationState.PLANNED,
            "created_at": at,
            "not_before": min(start, expires),
            "expires_at": expires,
            "call_at": call_at(visit, at) if order.must_reach else None,
            "act_at": min(start, expires),
            "context": dict(order.context),
        },
    )
    return row.pk if created else None


def quiet(visit: Visit) -> Quiet:
    """Quiet hours at the patient's place."""
    rules = house()
    zone = ZoneInfo(visit.patient.time_zone or visit.branch.time_zone)
    return Quiet(rules.quiet_from, rules.quiet_until, zone)


def desk(visit: Visit) -> Desk:
    """When the visit's branch can call."""
    return Desk(visit.branch.opens, visit.branch.closes, ZoneInfo(visit.branch.time_zone))


def last_call(visit: Visit) -> datetime:
    """The last moment at which a person's call still helps."""
    return desk(visit).last_call(visit.starts_at, timedelta(minutes=house().call_lead_minutes))


def call_at(visit: Visit, at: datetime) -> datetime | None:
    """When a call task must be open at the latest; None when no call can help any more, and messages go on alone."""
    return desk(visit).call_at(at, last_call(visit), timedelta(minutes=house().call_desk_minutes))
