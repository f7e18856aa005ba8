"""Call tasks, worked like a queue: whom to call next, what was tried, what to say. What came of a call: `call.py`."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpResponse
from django.shortcuts import render

from priyom.appointments.models import LIVE
from priyom.foundation.clock import now
from priyom.inbox.call import held_by_another, in_hand, latest
from priyom.inbox.models import CallTask, TaskState
from priyom.inbox.numbers import numbers
from priyom.web import frame, guard
from priyom.web.frame import WORKS, StaffRequest, screen
from priyom.web.patients.beside import beside
from priyom.web.tasks.script import script
from priyom.web.visit.views import times_context

MOST = 100
AGAIN = (30, 120)
"""Minutes after which one may call again by one press."""


@screen(*WORKS)
def page(request: StaffRequest) -> HttpResponse:
    """`/tasks`: the list, with the most urgent one open; `?task=` opens another."""
    context = listed(request)
    task_id = frame.number(request, "task")
    chosen = guard.task(request.user, task_id) if task_id is not None else first(request, context["tasks"])
    if chosen is not None:
        context |= task_context(request, chosen)
    context["asked"] = task_id is not None
    return frame.show(request, "web/tasks/page.html", "tasks", context)


@screen(*WORKS)
def rows(request: StaffRequest) -> HttpResponse:
    """`/tasks/rows`: the list alone, for the live page."""
    return render(request, "web/tasks/_list.html", listed(request))


@screen(*WORKS)
def task(request: StaffRequest, task_id: int) -> HttpResponse:
    """`/tasks/<id>`: a page, or the part beside the list."""
    found = guard.task(request.user, task_id)
    context = {**task_context(request, found), "asked": True}
    if frame.part(request):
        return render(request, "web/tasks/_task.html", context)
    return frame.show(request, "web/tasks/page.html", "tasks", {**listed(request), **context})


@screen(*WORKS)
def present(request: StaffRequest, task_id: int) -> HttpResponse:
    """`/tasks/<id>/now`: how the task stands and what may be done, for the live page: a colleague may have taken it, or
    the patient answered by themselves."""
    return render(request, "web/tasks/_now.html", standing(request, guard.task(request.user, task_id)))


@screen(*WORKS)
def times(request: StaffRequest, task_id: int) -> HttpResponse:
    """`/tasks/<id>/times`: free times to move the visit to while the patient is on the line."""
    found = guard.task(request.user, task_id)
    if found.visit is None:
        return HttpResponse()
    return render(request, "web/tasks/_times.html", {"task": found, **times_context(found.visit)})


def standing(request: StaffRequest, found: CallTask) -> dict[str, Any]:
    """How a task stands for this person: theirs, a colleague's, free, or over."""
    at = now()
    opened = found.state == TaskState.OPEN
    mine = found.taken_by_id == request.user.pk and in_hand(found)
    left = latest(found) - at
    return {
        "task": found,
        "open": opened,
        "noted": found.said_until is not None,
        "overdue": opened and found.due_at < at,
        "mine": mine,
        "held": held_by_another(found, request.user),
        "movable": found.visit is not None and found.visit.state in LIVE,
        "again": [minutes for minutes in AGAIN if minutes * 60 < left.total_seconds()],
        "latest": latest(found) if left.total_seconds() > 0 else None,
        "later": found.next_try_at is not None and found.next_try_at > at,
        "task_zone": found.visit.branch.time_zone if found.visit else frame.zone_of(request).key,
    }


def task_context(request: StaffRequest, found: CallTask) -> dict[str, Any]:
    """Everything the part beside the list shows of one task."""
    return {
        **standing(request, found),
        "numbers": numbers(found.patient),
        "script": script(found) if found.state == TaskState.OPEN else [],
        "tried": list(reversed(found.tried)),
        **beside(request.user, found.patient, leave_out=found.visit_id, opened="task"),
    }


def first(request: StaffRequest, tasks: list[CallTask]) -> CallTask | None:
    """Whom to call next: first the one in one's own hand, else the most urgent that may be called now and nobody calls;
    a put-off one only when there is no other."""
    at = now()
    own = [one for one in tasks if one.taken_by_id == request.user.pk and in_hand(one)]
    free = [one for one in tasks if not held_by_another(one, request.user)]
    ready = [one for one in free if one.next_try_at is None or one.next_try_at <= at]
    return next(iter(own or ready or free or tasks), None)


def listed(request: StaffRequest) -> dict[str, Any]:
    """The list: those to be called now, those put off, and who calls whom."""
    rows, more = frame.first_page(guard.tasks(request.user), MOST)
    at = now()
    for one in rows:
        one.caller = one.taken_name if in_hand(one) else ""
    later = [one for one in rows if one.next_try_at is not None and one.next_try_at > at]
    return {
        "tasks": rows,
        "put_off": {one.pk for one in later},
        "first_later": later[0].pk if later else None,
        "overdue_many": sum(one.due_at < at for one in rows),
        "more": more,
        "zone": frame.zone_of(request),
        "at": at,
    }


def zone_of(request: StaffRequest, found: CallTask) -> ZoneInfo:
    """The zone in which times of this task are said and typed."""
    return ZoneInfo(found.visit.branch.time_zone) if found.visit else frame.zone_of(request)
