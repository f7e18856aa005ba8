"""Free times of a practitioner: working hours less live visits. And the claim that makes a time one person's."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db import connection

from priyom.appointments.models import LIVE, Visit, WorkingHours
from priyom.appointments.rules import Span, free_spans
from priyom.clinic.models import Branch, Practitioner

LOOK_AHEAD = timedelta(days=28)
_CLAIM_LOCK = 0x5052_0001  # advisory lock class of claims; the practitioner's id is the second half


class TimeTaken(Exception):
    """Somebody has this time already."""


def claim(practitioner_id: int, starts_at: datetime, ends_at: datetime, *, leave_out: int = 0) -> None:
    """Hold the practitioner's times until the transaction ends. Raises TimeTaken when a live visit overlaps."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_CLAIM_LOCK, practitioner_id])
    taken = Visit.objects.filter(
        practitioner_id=practitioner_id, state__in=LIVE, starts_at__lt=ends_at, ends_at__gt=starts_at
    )
    if taken.exclude(pk=leave_out).exists():
        raise TimeTaken


def free_times(
    practitioner: Practitioner,
    branch: Branch,
    minutes: int,
    after: datetime,
    count: int,
    *,
    leave_out: int = 0,
) -> list[tuple[datetime, datetime]]:
    """The next `count` free (start, end) of `minutes` length after `after`, within four weeks; UTC."""
    until = after + LOOK_AHEAD
    busy = Visit.objects.filter(
        practitioner=practitioner, state__in=LIVE, ends_at__gt=after, starts_at__lt=until
    ).exclude(pk=leave_out)
    spans: list[Span] = [(v.starts_at, v.ends_at) for v in busy.only("starts_at", "ends_at")]
    return free_spans(
        hours(practitioner, branch), ZoneInfo(branch.time_zone), spans, timedelta(minutes=minutes), after, until, count
    )


def hours(practitioner: Practitioner, branch: Branch) -> dict[int, list[tuple[time, time]]]:
    """weekday -> working hours, local; Monday to Saturday in the branch's own hours when nothing else is known."""
    rows = WorkingHours.objects.filter(practitioner=practitioner, branch=branch).order_by("weekday", "opens")
    week: dict[int, list[tuple[time, time]]] = defaultdict(list)
    for row in rows:
        week[row.weekday].append((row.opens, row.closes))
    return dict(week) or {day: [(branch.opens, branch.closes)] for day in range(6)}
