"""One visit beside the list or on its own page: what happened, what is next, and the registrar's verbs."""

from __future__ import annotations

from datetime import datetime
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from priyom.analytics.notifications import routes
from priyom.analytics.standing import standings
from priyom.analytics.timeline import timeline
from priyom.appointments import change
from priyom.appointments.free import free_times
from priyom.appointments.models import LIVE, Visit
from priyom.foundation.clock import now
from priyom.web import frame, guard, say
from priyom.web.frame import SEES, WORKS, StaffRequest, screen
from priyom.web.patients.beside import beside

OFFERED = 24


@screen(*SEES)
def page(request: StaffRequest, visit_id: int) -> HttpResponse:
    """`/visits/<id>`: a page, or the part beside a list."""
    return _answer(request, visit_id)


@screen(*SEES)
def story(request: StaffRequest, visit_id: int) -> HttpResponse:
    """`/visits/<id>/story`: state, next step and timeline alone, for the live page."""
    return render(request, "web/visit/_story.html", story_context(guard.visit(request.user, visit_id)))


@screen(*WORKS)
def times(request: StaffRequest, visit_id: int) -> HttpResponse:
    """`/visits/<id>/times`: the doctor's next free times, to move the visit to."""
    return render(request, "web/visit/_times.html", times_context(guard.visit(request.user, visit_id)))


@screen(*WORKS)
@require_POST
def confirm(request: StaffRequest, visit_id: int) -> HttpResponse:
    """The patient has said so by phone."""
    visit = guard.visit(request.user, visit_id)
    try:
        change.confirm(visit.pk, by="staff", channel=say.CALL, evidence=by_phone(request))
    except change.NotLive:
        return _answer(request, visit.pk, bad=_("This visit is over or cancelled: it cannot be confirmed."))
    return frame.told(_answer(request, visit.pk, good=_("Confirmed.")))


@screen(*WORKS)
@require_POST
def cancel(request: StaffRequest, visit_id: int) -> HttpResponse:
    """The visit falls; the page asked twice before."""
    visit = guard.visit(request.user, visit_id)
    try:
        change.cancel(
            visit.pk, by="staff", channel=say.CALL, evidence=by_phone(request), why=request.POST.get("why", "")
        )
    except change.NotLive:
        return _answer(request, visit.pk, bad=_("This visit is over: it cannot be cancelled."))
    return frame.told(_answer(request, visit.pk, good=_("Cancelled. The time is free, the patient will be told.")))


@screen(*WORKS)
@require_POST
def move(request: StaffRequest, visit_id: int) -> HttpResponse:
    """To a free time of the same doctor: `to` is its ISO moment."""
    visit = guard.visit(request.user, visit_id)
    good, bad = move_to(visit, request.POST.get("to", ""), by_phone(request))
    return frame.told(_answer(request, visit.pk, good=good, bad=bad))


def move_to(visit: Visit, to: str, evidence: str, channel: str = say.CALL) -> tuple[str, str]:
    """Move the visit, keeping its length; (what was done, what went wrong). `channel`: over which the patient asked for
    it, '' where nobody knows. Raises Http404 for an unreadable moment."""
    try:
        starts_at = datetime.fromisoformat(to)
    except ValueError:
        raise Http404 from None
    if starts_at.tzinfo is None:
        raise Http404
    try:
        change.move(
            visit.pk, starts_at, starts_at + (visit.ends_at - visit.starts_at), by="staff", channel=channel,
            evidence=evidence, claim_time=True,
        )  # fmt: skip
    except change.TimeTaken:
        return "", _("Somebody has just taken this time. Choose another one.")
    except change.NotLive:
        return "", _("This visit is over or cancelled: it cannot be moved.")
    said = say.when(starts_at, ZoneInfo(visit.branch.time_zone))
    return _("Moved: %(when)s. The patient will be told.") % {"when": said}, ""


def times_context(visit: Visit) -> dict[str, Any]:
    """Free times of the visit's doctor by day."""
    zone = ZoneInfo(visit.branch.time_zone)
    minutes = int((visit.ends_at - visit.starts_at).total_seconds() // 60)
    found = free_times(visit.practitioner, visit.branch, minutes, now(), OFFERED, leave_out=visit.pk)
    today = now().astimezone(zone).date()
    days = groupby((start for start, _end in found), key=lambda start: start.astimezone(zone).date())
    return {
        "visit": visit,
        "zone": zone,
        "days": [(say.day(day, today), [_choice(start, zone) for start in group]) for day, group in days],
    }


def _choice(start: datetime, zone: ZoneInfo) -> tuple[str, str]:
    """A free time as the form sends it and as people read it."""
    return start.isoformat(), f"{start.astimezone(zone):%H:%M}"


def visit_context(request: StaffRequest, visit_id: int) -> dict[str, Any]:
    """Everything the part beside a list shows of one visit."""
    visit = guard.visit(request.user, visit_id)
    return {
        **story_context(visit),
        "may_act": request.user.role in WORKS,
        **beside(request.user, visit.patient, leave_out=visit.pk, opened="visit"),
    }


def story_context(visit: Visit) -> dict[str, Any]:
    """What follows the visit by itself: its state, next step and timeline."""
    return {
        "visit": visit,
        "visit_zone": ZoneInfo(visit.branch.time_zone),
        "standing": standings([visit], now())[visit.pk],
        "moments": timeline(visit),
        "routes": routes(visit),
        "live": visit.state in LIVE,
    }


def by_phone(request: StaffRequest) -> str:
    """The evidence of what a member of staff heard."""
    name = request.user.get_full_name() or request.user.username
    return _("by phone, noted by %(name)s") % {"name": name}


def _answer(request: StaffRequest, visit_id: int, good: str = "", bad: str = "") -> HttpResponse:
    context = {**visit_context(request, visit_id), "good": good, "bad": bad}
    if frame.part(request):
        return render(request, "web/visit/_visit.html", context)
    return frame.show(request, "web/visit/page.html", "today", context)
