"""Prove every minute that each live visit and notification has its next action; put right what has not.

The database's constraints forbid most of it; what is left is checked here, repaired, recorded and counted.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from priyom.appointments.models import LIVE, State, Visit
from priyom.delivery import doubts
from priyom.foundation.clock import now
from priyom.inbox.models import CallTask, Conversation, TaskState
from priyom.inbox.tasks import close_for_visit, drop_over, open_call_task
from priyom.notifications.models import Notification
from priyom.notifications.notify import last_call
from priyom.notifications.standing import settle_standing
from priyom.scenarios.models import Run, Scenario
from priyom.scenarios.start import start
from priyom.workers import reconcile_engine, reconcile_routes
from priyom.workers.found import AT_ONCE, SETTLES, found, on_its_way

TALK = timedelta(days=1)
"""How long a thread that was talked in, or a change of a visit, counts as recent."""


def reconcile() -> int:
    """One round. How many things were found and put right."""
    at = now()
    drop_over(at)
    found = sum(check(at) for check in CHECKS)
    doubts.tidy(at)  # afterwards: what is missing from the list is a fault, and counted
    return found


def _answered_tasks(at: datetime) -> int:
    """A call task is open for a visit nobody has to ask about any more."""
    rows = CallTask.objects.filter(state=TaskState.OPEN, visit__changed_at__lt=at - SETTLES).exclude(
        visit__state__in=(State.BOOKED, State.MOVED)
    )[:AT_ONCE]
    for task in rows:
        with transaction.atomic():
            assert task.visit_id is not None
            close_for_visit(task.visit_id, TaskState.DROPPED, "визит уже не ждет ответа")
            found(task.patient_id, task.visit_id, "звонок по решенному визиту", "задача закрыта")
    return len(rows)


def _without_scenarios(at: datetime) -> int:
    """A coming visit for which no scenario ever began."""
    if not Scenario.objects.filter(enabled=True, on__contains="VisitBooked").exists():
        return 0
    began = Run.objects.filter(visit=OuterRef("pk"), visit_version=OuterRef("version"))
    rows = _coming(at).filter(~Exists(began))[:AT_ONCE]
    for visit in rows:
        with transaction.atomic():
            old = visit.moved_from
            start("VisitMoved" if old else "VisitBooked", visit.pk, at, {"old_start": old.isoformat()} if old else {})
            found(visit.patient_id, visit.pk, "у визита не начат ни один сценарий", "сценарии начаты")
    return len(rows)


def _nobody_on_it(at: datetime) -> int:
    """An open visit with nothing planned, while a call still helps: a person is asked to call."""
    rows = (
        _coming(at)
        .filter(state__in=(State.BOOKED, State.MOVED), unreachable_at=None)
        .filter(
            ~Exists(Run.objects.filter(visit=OuterRef("pk"), due_at__isnull=False)),
            ~Exists(Notification.objects.filter(visit=OuterRef("pk"), act_at__isnull=False)),
            ~Exists(CallTask.objects.filter(visit=OuterRef("pk"), state=TaskState.OPEN)),
            ~on_its_way("patient_id"),
            ~Exists(Conversation.objects.filter(patient=OuterRef("patient_id"), needs_answer=True)),
        )[:AT_ONCE]
    )
    count = 0
    for visit in rows:
        due = last_call(visit)
        if due > at:
            with transaction.atomic():
                open_call_task(visit, "сообщения больше не запланированы, ответа нет", due)
                if not _talked(visit.patient_id, at):
                    found(visit.patient_id, visit.pk, "визитом никто не занимался", "поставлена задача позвонить")
                    count += 1
    return count


def _talked(patient_id: int, at: datetime) -> bool:
    """A thread that was settled by hand and left the visit open: a call is its ordinary end, not a fault."""
    return Conversation.objects.filter(patient=patient_id, last_at__gte=at - TALK).exists()


def _standing_stale(at: datetime) -> int:
    """A message that was on its way when its visit changed, and landed after the others were struck."""
    changed = Visit.objects.filter(
        state__in=(State.MOVED, State.CANCELLED), history=False, changed_at__range=(at - TALK, at - SETTLES)
    )
    count = 0
    for visit in changed.order_by("-changed_at")[:AT_ONCE]:
        with transaction.atomic():
            if settle_standing(visit.pk, visit.state):
                found(visit.patient_id, visit.pk, "в чате стояло старое время", "сообщение исправлено")
                count += 1
    return count


def _coming(at: datetime) -> QuerySet[Visit]:
    return (
        Visit.objects.filter(state__in=LIVE, starts_at__gt=at, history=False, changed_at__lt=at - SETTLES)
        .select_related("branch", "patient")
        .order_by("starts_at")
    )


CHECKS: tuple[Callable[[datetime], int], ...] = (
    reconcile_engine.in_nobodys_hands,
    reconcile_engine.past_their_time,
    reconcile_engine.switched_off,
    reconcile_engine.unlisted,
    reconcile_engine.unpumped,
    reconcile_routes.unheard_legs,
    reconcile_routes.unheard_goals,
    reconcile_routes.legs_of_the_ended,
    reconcile_routes.legs_of_switched_off,
    _answered_tasks,
    _without_scenarios,
    _nobody_on_it,
    _standing_stale,
)
