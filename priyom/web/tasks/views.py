"""Call tasks: whom to call next, what was tried, and the result in one or two presses."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from priyom.appointments.models import LIVE
from priyom.foundation.clock import now
from priyom.inbox import tasks
from priyom.inbox.models import CallTask, TaskState
from priyom.patients.models import ContactPoint
from priyom.web import frame, guard
from priyom.web.frame import WORKS, StaffRequest, screen
from priyom.web.patients.beside import beside
from priyom.web.visit.views import by_phone, move_to, times_context

MOST = 100


@screen(*WORKS)
def page(request: StaffRequest) -> HttpResponse:
    """`/tasks`: the list, with the most urgent one open; `?task=` opens another."""
    context = _list(request)
    task_id = frame.number(request, "task")
    chosen = guard.task(request.user, task_id) if task_id is not None else _first(context["tasks"])
    if chosen is not None:
        context |= task_context(request, chosen)
    context["asked"] = task_id is not None
    return frame.show(request, "web/tasks/page.html", "tasks", context)


@screen(*WORKS)
def rows(request: StaffRequest) -> HttpResponse:
    """`/tasks/rows`: the list alone, for the live page."""
    return render(request, "web/tasks/_list.html", _list(request))


@screen(*WORKS)
def task(request: StaffRequest, task_id: int) -> HttpResponse:
    """`/tasks/<id>`: a page, or the part beside the list."""
    found = guard.task(request.user, task_id)
    context = {**task_context(request, found), "asked": True}
    if frame.part(request):
        return render(request, "web/tasks/_task.html", context)
    return frame.show(request, "web/tasks/page.html", "tasks", {**_list(request), **context})


@screen(*WORKS)
def times(request: StaffRequest, task_id: int) -> HttpResponse:
    """`/tasks/<id>/times`: free times to move the visit to while the patient is on the line."""
    found = guard.task(request.user, task_id)
    if found.visit is None:
        return HttpResponse()
    return render(request, "web/tasks/_times.html", {"task": found, **times_context(found.visit)})


@screen(*WORKS)
@require_POST
def done(request: StaffRequest, task_id: int) -> HttpResponse:
    """The patient was reached: `outcome` confirmed, cancelled, moved (to `to`) or other, with a `note`."""
    found = guard.task(request.user, task_id)
    outcome, note = request.POST.get("outcome", ""), request.POST.get("note", "").strip()[:280]
    if found.state != TaskState.OPEN:
        return _next(request, found, bad=_("This task is closed already."))
    if outcome not in ("confirmed", "cancelled", "moved", "other"):
        return _next(request, found, bad=_("Say how the call ended."), stay=True)
    if outcome == "other" and not note:
        return _next(request, found, bad=_("Write in two words what was agreed."), stay=True)
    if outcome == "moved" and found.visit is not None:
        _good, bad = move_to(found.visit, request.POST.get("to", ""), by_phone(request))
        if bad:
            return _next(request, found, bad=bad, stay=True)
    with suppress(tasks.NotOpen):  # the move, or the patient's own answer, has closed it: nothing is left to do
        tasks.done(found, request.user, outcome, note)
    return _next(request, found, good=_("Noted: %(who)s.") % {"who": found.patient})


@screen(*WORKS)
@require_POST
def no_answer(request: StaffRequest, task_id: int) -> HttpResponse:
    """Nobody answered: it comes back later."""
    found = guard.task(request.user, task_id)
    with suppress(tasks.NotOpen):
        tasks.no_answer(found, request.user)
    return _next(request, found, good=_("Put off: %(who)s. It will come back by itself.") % {"who": found.patient})


@screen(*WORKS)
@require_POST
def unreached(request: StaffRequest, task_id: int) -> HttpResponse:
    """Could not be reached at all: the visit is silent from now on. The page asked twice."""
    found = guard.task(request.user, task_id)
    with suppress(tasks.NotOpen):
        tasks.unreached(found, request.user, request.POST.get("note", "").strip()[:280])
    return _next(request, found, good=_("Closed without an answer: %(who)s.") % {"who": found.patient})


def task_context(request: StaffRequest, found: CallTask) -> dict[str, Any]:
    """Everything the part beside the list shows of one task."""
    points = ContactPoint.objects.filter(patient=found.patient, kind="phone", removed_at=None)
    return {
        "task": found,
        "phones": sorted(points, key=lambda p: (p.relation != "own", p.pk)),
        "open": found.state == TaskState.OPEN,
        "movable": found.visit is not None and found.visit.state in LIVE,
        "task_zone": found.visit.branch.time_zone if found.visit else frame.zone_of(request),
        **beside(request.user, found.patient, leave_out=found.visit_id),
    }


def _next(request: StaffRequest, found: CallTask, good: str = "", bad: str = "", stay: bool = False) -> HttpResponse:
    """The same task again, or the next one by itself."""
    listed = _list(request)
    following = found if stay else _first([task for task in listed["tasks"] if task.pk != found.pk])
    context: dict[str, Any] = {"good": good, "bad": bad, "asked": stay}
    if following is not None:
        context |= task_context(request, following)
    return frame.told(render(request, "web/tasks/_task.html", context))


def _first(listed: list[CallTask]) -> CallTask | None:
    """The most urgent one that may be called now; a put-off one only when there is no other."""
    at = now()
    ready = [task for task in listed if task.next_try_at is None or task.next_try_at <= at]
    return next(iter(ready or listed), None)


def _list(request: StaffRequest) -> dict[str, Any]:
    rows, more = frame.first_page(guard.tasks(request.user), MOST)
    at = now()
    return {"tasks": rows, "more": more, "zone": frame.zone_of(request), "at": at}
