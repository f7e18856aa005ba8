"""Counts of the whole house, for Prometheus and the status page: what waits, what is uncertain, what nobody is on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Count, Q

from priyom.analytics.standing import standings
from priyom.appointments.models import LIVE, Visit
from priyom.clinic.models import Branch
from priyom.delivery.models import Delivery, DeliveryState, Doubt, RawState, RawUpdate
from priyom.foundation.clock import now
from priyom.inbox.models import CallTask, TaskState
from priyom.journal.models import Fact, Pending

RECENT = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Metric:
    """One number, or one per combination of labels."""

    name: str
    help: str
    labels: tuple[str, ...]
    values: tuple[tuple[tuple[str, ...], float], ...]


def metrics() -> list[Metric]:
    """All of them; a handful of statements, each on an index or a day of rows."""
    at = now()
    return [
        Metric(
            "priyom_deliveries",
            "Deliveries of the last 24 hours by channel and best signal",
            ("channel", "signal"),
            _deliveries(at),
        ),
        _one("priyom_deliveries_waiting", "Deliveries that wait to be sent", _waiting()),
        _one("priyom_deliveries_uncertain", "Open doubts: messages that may be lost or doubled", _uncertain()),
        _one(
            "priyom_visits_silent_today", "Today's visits of which nothing is known and nobody is on", silent_today(at)
        ),
        _one("priyom_call_tasks_open", "Call tasks nobody has closed", _tasks()),
        _one("priyom_facts_pending", "Facts that a room has not reacted to yet", _pending(parked=False)),
        _one("priyom_facts_parked", "Facts whose reaction failed for good", _pending(parked=True)),
        _one("priyom_raw_updates_failed", "Webhooks that could not be interpreted", _raw_failed()),
        _one("priyom_reconciler_findings", "Repairs of the reconciler in the last 24 hours (0 is right)", _found(at)),
    ]


def silent_today(at: datetime) -> int:
    """How many of today's visits, each branch by its own clock, are silent."""
    return sum(1 for standing in standings(todays(at), at).values() if standing.silent)


def todays(at: datetime) -> Iterable[Visit]:
    """Today's open visits of every branch."""
    days = Q(pk__in=[])
    zones: dict[str, list[int]] = {}
    for pk, zone in Branch.objects.values_list("pk", "time_zone"):
        zones.setdefault(zone, []).append(pk)
    for zone, ids in zones.items():
        local = ZoneInfo(zone)
        day = at.astimezone(local).date()
        start = datetime.combine(day, time.min, local)
        end = datetime.combine(day + timedelta(days=1), time.min, local)
        days |= Q(branch__in=ids, starts_at__gte=start, starts_at__lt=end)
    return Visit.objects.filter(days, history=False, state__in=LIVE).select_related("branch")


def _one(name: str, help_text: str, value: float) -> Metric:
    return Metric(name, help_text, (), (((), value),))


def _deliveries(at: datetime) -> tuple[tuple[tuple[str, ...], float], ...]:
    rows = (
        Delivery.objects.filter(created_at__gte=at - RECENT)
        .values_list("account__channel", "signal")
        .annotate(found=Count("pk"))
        .order_by("account__channel", "signal")
    )
    return tuple(((channel, signal or "none"), float(found)) for channel, signal, found in rows)


def _waiting() -> int:
    return Delivery.objects.filter(state__in=[DeliveryState.WAITING, DeliveryState.SENDING]).count()


def _uncertain() -> int:
    return Doubt.objects.filter(resolved="").count()


def _tasks() -> int:
    return CallTask.objects.filter(state=TaskState.OPEN).count()


def _pending(*, parked: bool) -> int:
    return Pending.objects.filter(parked=parked).count()


def _raw_failed() -> int:
    return RawUpdate.objects.filter(state=RawState.FAILED).count()


def _found(at: datetime) -> int:
    return Fact.objects.filter(type="ReconcilerFound", at__gte=at - RECENT).count()
