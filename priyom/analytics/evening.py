"""A branch's day at its end, counted for the managers' letter: what stayed silent, who waits, promises and calls."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Count, F, Q

from priyom.alerts.letter import Evening, SilentVisit, Waiting
from priyom.analytics.reachability import NOBODY
from priyom.analytics.standing import Standing, standings
from priyom.appointments.models import State, Visit
from priyom.clinic.models import Branch
from priyom.delivery.weather_day import bounds
from priyom.inbox.desk_models import Wait
from priyom.inbox.models import CallTask, Conversation, TaskState


def evening_of(branch: Branch, day: date, at: datetime) -> Evening:
    """How that local day of the branch stands at `at`, which lies after it or near its end."""
    zone = ZoneInfo(branch.time_zone)
    visits, silent = _visits(branch, day, at)
    coming, coming_silent = _visits(branch, day + timedelta(days=1), at)
    promised, late = _promises(branch, day, at)
    calls, uncalled = _calls(branch, day, at)
    waiting = Conversation.objects.filter(needs_answer=True).select_related("patient").order_by("waiting_since", "pk")
    return Evening(
        branch_id=branch.pk, branch=branch.name, day=day, zone=zone, visits=visits,
        silent=tuple(SilentVisit(v.pk, v.starts_at, v.patient.short_name, _why(v, s)) for v, s in silent),
        waiting=tuple(
            Waiting(row.pk, row.waiting_since or at, row.patient.short_name if row.patient else "Незнакомый чат")
            for row in waiting.filter(branch=branch)
        ),
        strangers=waiting.filter(branch=None).count(), promised=promised, late=late, calls=calls, uncalled=uncalled,
        tomorrow=coming, tomorrow_silent=len(coming_silent),
    )  # fmt: skip


def _visits(branch: Branch, day: date, at: datetime) -> tuple[int, list[tuple[Visit, Standing]]]:
    """How many visits the day has, and its silent ones by time."""
    first, last = bounds(day, ZoneInfo(branch.time_zone))
    rows = Visit.objects.filter(branch=branch, starts_at__gte=first, starts_at__lt=last, history=False)
    visits = list(rows.exclude(state=State.CANCELLED).select_related("patient", "branch").order_by("starts_at", "pk"))
    known = standings(visits, at)
    return len(visits), [(visit, known[visit.pk]) for visit in visits if known[visit.pk].silent]


def _why(visit: Visit, standing: Standing) -> str:
    if visit.unreachable_at is not None:
        return "не дозвонились"
    if standing.reach == NOBODY:
        return NOBODY.text
    if standing.evidence:
        return f"не ответил; последнее: {standing.evidence}"
    return "ничего не отправляли и никто не звонил"


def _promises(branch: Branch, day: date, at: datetime) -> tuple[int, int]:
    """First answers that were due that day, and how many of them came late or have not come."""
    first, last = bounds(day, ZoneInfo(branch.time_zone))
    due = Wait.objects.filter(
        Q(ended_at=None) | Q(ended_at__gte=first), branch=branch, promised_until__gte=first,
        promised_until__lt=min(last, at),
    )  # fmt: skip
    late = Q(ended_at=None) | Q(ended_at__gt=F("promised_until"))
    found = due.aggregate(all=Count("pk"), late=Count("pk", filter=late))
    return found["all"], found["late"]


def _calls(branch: Branch, day: date, at: datetime) -> tuple[int, int]:
    """Calls that were due that day and needed a person, and how many of them nobody made."""
    first, last = bounds(day, ZoneInfo(branch.time_zone))
    due = CallTask.objects.filter(visit__branch=branch, due_at__gte=first, due_at__lt=min(last, at))
    overdue = Q(state=TaskState.OPEN) | Q(state=TaskState.DROPPED, closed_at__gte=F("visit__starts_at"))
    needed = due.filter(overdue | Q(state__in=(TaskState.DONE, TaskState.UNREACHED)))
    found = needed.aggregate(all=Count("pk"), uncalled=Count("pk", filter=overdue))
    return found["all"], found["uncalled"]
