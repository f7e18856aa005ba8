"""One call: taken so that nobody else calls, its result in one or two presses, taken back while it still can be."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.http import require_POST

from priyom.clinic.house import house
from priyom.foundation.clock import now
from priyom.inbox import call, numbers
from priyom.inbox.models import CallTask
from priyom.patients.models import ContactPoint
from priyom.web import frame, guard
from priyom.web.frame import WORKS, StaffRequest, screen
from priyom.web.tasks import views

WORDS = {
    "confirmed": gettext_noop("will come"),
    "moved": gettext_noop("moves"),
    "cancelled": gettext_noop("cancels"),
    "other": gettext_noop("noted"),
    "later": gettext_noop("no answer, call again later"),
    "unreached": gettext_noop("could not be reached"),
}
"""What came of a call, as the line above the next task says it."""


@screen(*WORKS)
@require_POST
def take(request: StaffRequest, task_id: int) -> HttpResponse:
    """«I call»: it is theirs now; `over`: taken from a colleague, which the page asked twice."""
    found = guard.task(request.user, task_id)
    taken = call.take(found, request.user, over=bool(request.POST.get("over")))
    again = guard.task(request.user, task_id)
    bad = "" if taken or again.state != "open" else _("%(name)s is calling already.") % {"name": again.taken_name}
    return _shown(request, again, bad=bad)


@screen(*WORKS)
@require_POST
def free(request: StaffRequest, task_id: int) -> HttpResponse:
    """They do not call after all: whoever wants to may."""
    found = guard.task(request.user, task_id)
    call.free(found, request.user)
    return _shown(request, guard.task(request.user, task_id))


@screen(*WORKS)
def following(request: StaffRequest) -> HttpResponse:
    """`/tasks/next?after=`: the next one to call, leaving that one for later."""
    after = frame.number(request, "after")
    return _next(request, after or 0)


@screen(*WORKS)
@require_POST
def done(request: StaffRequest, task_id: int) -> HttpResponse:
    """What came of the call: `outcome`, with `to` (moved), `in` minutes or `at` local (later), `note` (other)."""
    found = guard.task(request.user, task_id)
    said, wrong = _said(request, found)
    if said is None:
        return _shown(request, found, bad=wrong)
    try:
        waits = call.note(found, request.user, said)
    except call.NotOpen:
        return _next(request, found.pk, bad=_("This task is closed already."))
    except call.InHand as error:
        return _shown(request, found, bad=_("%(name)s is calling already.") % {"name": error})
    except call.TooLate:
        return _shown(request, found, bad=_("That is too late: choose a time before the visit."))
    except call.TimeTaken:
        return _shown(request, found, bad=_("Somebody has just taken this time. Choose another one."))
    good = _("Noted: %(who)s: %(what)s.") % {"who": found.patient, "what": _(WORDS[said.how])}
    return _next(request, found.pk, good=good, undo=found.pk if waits else 0)


@screen(*WORKS)
@require_POST
def undo(request: StaffRequest, task_id: int) -> HttpResponse:
    """The result was a slip: the task is in their hand again."""
    found = guard.task(request.user, task_id)
    try:
        call.take_back(found, request.user)
    except (call.TooLate, call.NotOpen):
        return _shown(request, found, bad=_("It is carried out already. Open the visit to change it."))
    return _shown(request, guard.task(request.user, task_id), good=_("Taken back: nothing was changed, nobody told."))


@screen(*WORKS)
@require_POST
def wrong(request: StaffRequest, task_id: int, point_id: int) -> HttpResponse:
    """Somebody else answers at this number: nothing goes there any more; with `right` that is taken back."""
    found = guard.task(request.user, task_id)
    chosen = ContactPoint.objects.get(pk=point_id, patient=found.patient, kind="phone", removed_at=None)
    if call.held_by_another(found, request.user):
        return _shown(request, found, bad=_("%(name)s is calling already.") % {"name": found.taken_name})
    try:
        if request.POST.get("right"):
            numbers.right(found, chosen)
            good = _("The number is right again.")
        else:
            numbers.wrong(found, chosen, request.user)
            good = _("No call and no message goes to this number any more.")
    except call.NotOpen:
        return _next(request, found.pk, bad=_("This task is closed already."))
    return _shown(request, guard.task(request.user, task_id), good=good)


def _said(request: StaffRequest, found: CallTask) -> tuple[call.Said | None, str]:
    """The result the form tells, or what is wrong with it."""
    how, note = request.POST.get("outcome", ""), request.POST.get("note", "").strip()[:280]
    if how not in call.OUTCOMES:
        return None, _("Say how the call ended.")
    if how == "other" and not note:
        return None, _("Write in two words what was agreed.")
    if how == "moved":
        to = _moment(request.POST.get("to", ""))
        return (call.Said(how, note, to=to), "") if to is not None and to > now() else (None, _("Choose a free time."))
    if how == "later":
        again = _again(request, found)
        return (call.Said(how, note, again=again), "") if again is not None else (None, _("Say when to call again."))
    return call.Said(how, note), ""


def _again(request: StaffRequest, found: CallTask) -> datetime | None:
    """When to call again: in so many minutes, or at a local time."""
    minutes, at = request.POST.get("in", ""), request.POST.get("at", "")
    if minutes.isdecimal() and len(minutes) < 5:
        return now() + timedelta(minutes=int(minutes))
    try:
        typed = datetime.fromisoformat(at)
    except ValueError:
        return None
    return typed.replace(tzinfo=views.zone_of(request, found)) if typed.tzinfo is None else typed


def _moment(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo is not None else None


def _shown(request: StaffRequest, found: CallTask, good: str = "", bad: str = "") -> HttpResponse:
    """The same task again."""
    context = {**views.task_context(request, found), "good": good, "bad": bad, "asked": True}
    return frame.told(render(request, "web/tasks/_task.html", context))


def _next(request: StaffRequest, leave: int, good: str = "", bad: str = "", undo: int = 0) -> HttpResponse:
    """The next task by itself; `undo` is the one whose result can still be taken back."""
    tasks = [one for one in views.listed(request)["tasks"] if one.pk != leave]
    chosen = views.first(request, tasks)
    context: dict[str, Any] = {"good": good, "bad": bad, "asked": True, "undo": undo}
    context["undo_ms"] = house().undo_seconds * 1000
    if chosen is not None:
        context |= views.task_context(request, chosen)
    return frame.told(render(request, "web/tasks/_task.html", context))
