"""A visit booked, moved or cancelled from the card: a doctor and what for, a free time, a second press. What the
patient is told follows by itself."""

from __future__ import annotations

import secrets
import uuid
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from django.http import Http404, HttpResponse
from django.http.request import QueryDict
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from priyom.appointments import change, usual
from priyom.appointments.book import VisitRecord, book
from priyom.appointments.free import TimeTaken, free_times
from priyom.appointments.models import Visit
from priyom.clinic.access import branches
from priyom.clinic.models import Branch, Practitioner, Service, Staff
from priyom.foundation.clock import now
from priyom.patients.models import Patient
from priyom.web import frame, guard, say
from priyom.web.frame import SEES, WORKS, StaffRequest, screen
from priyom.web.patients.beside import visits_context
from priyom.web.visit.views import move_to, times_context

OFFERED = 24
AT_ONCE = 8
"""Of a specialty, so many doctors' times are looked at."""
ANY = "s:"
"""How the choice of a whole specialty begins."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What is looked for. `who` is a doctor's id or `s:<specialty>`; `doctors` are those meant by it."""

    branch: Branch
    who: str
    doctors: list[Practitioner]
    all_doctors: list[Practitioner]
    service: Service | None
    services: list[Service]
    since: datetime
    day: str


@screen(*SEES)
def visits(request: StaffRequest, patient_id: int) -> HttpResponse:
    """`/patients/<id>/visits`: the card's visits alone, for the live page."""
    patient = guard.patient(request.user, patient_id)
    return render(
        request, "web/patients/_visits.html", visits_context(request.user, patient, frame.number(request, "without"))
    )


@screen(*WORKS)
def form(request: StaffRequest, patient_id: int) -> HttpResponse:
    """`/patients/<id>/booking`: whom to, what for, and the free times."""
    patient = guard.patient(request.user, patient_id)
    if request.GET.get("close"):
        return HttpResponse()
    return render(request, "web/patients/_booking.html", _context(request.user, patient, request.GET))


@screen(*WORKS)
@require_POST
def take(request: StaffRequest, patient_id: int) -> HttpResponse:
    """Book the time `to` with `practitioner`; `key` is the form's own: the same form books a time once."""
    patient = guard.patient(request.user, patient_id)
    choice = _choice(request.user, patient, request.POST)
    doctor = next((d for d in choice.doctors if str(d.pk) == request.POST.get("practitioner")), None)
    start = _moment(request.POST.get("to", ""))
    if doctor is None or choice.service is None or start <= now():
        raise Http404
    end = start + timedelta(minutes=usual.minutes([doctor], choice.service))
    name = f"priyom:desk:{patient.pk}:{request.POST.get('key', '')}:{doctor.pk}:{start.isoformat()}"
    given = VisitRecord(
        f"priyom-{uuid.uuid5(uuid.NAMESPACE_OID, name)}", patient, doctor, choice.service, choice.branch, start, end,
        claim=True,
    )  # fmt: skip
    try:
        book(given)
    except TimeTaken:
        bad = _("Somebody has just taken this time. Choose another one.")
        return render(
            request, "web/patients/_booking.html", {**_context(request.user, patient, request.POST), "bad": bad}
        )
    when = say.when(start, ZoneInfo(choice.branch.time_zone))
    said = _("Booked: %(when)s, %(doctor)s. The confirmation goes out by itself.")
    return _told(request, good=said % {"when": when, "doctor": doctor.short_name})


@screen(*WORKS)
def times(request: StaffRequest, patient_id: int, visit_id: int) -> HttpResponse:
    """Free times of the visit's doctor, to move it to."""
    visit = _visit(request, patient_id, visit_id)
    return render(request, "web/patients/_moving.html", times_context(visit))


@screen(*WORKS)
@require_POST
def move(request: StaffRequest, patient_id: int, visit_id: int) -> HttpResponse:
    """To the time `to` of the same doctor."""
    visit = _visit(request, patient_id, visit_id)
    good, bad = move_to(visit, request.POST.get("to", ""), noted(request.user), channel="")
    if bad:
        visit.refresh_from_db()
        return render(request, "web/patients/_moving.html", {**times_context(visit), "bad": bad})
    return _told(request, good=good)


@screen(*WORKS)
@require_POST
def cancel(request: StaffRequest, patient_id: int, visit_id: int) -> HttpResponse:
    """The visit falls; the page asked twice before."""
    visit = _visit(request, patient_id, visit_id)
    try:
        change.cancel(visit.pk, by="staff", evidence=noted(request.user))
    except change.NotLive:
        return _told(request, bad=_("This visit is over: it cannot be cancelled."))
    # The button pressed stands in the list itself, which waits while something is asked twice: it comes along.
    left = visits_context(request.user, visit.patient, frame.number(request, "without"))
    return _told(request, good=_("Cancelled. The time is free, the patient will be told."), visits=left)


def noted(staff: Staff) -> str:
    """The evidence of what a member of staff did for the patient, as it is stored."""
    return f"отметил сотрудник: {staff.get_full_name() or staff.username}"


def _told(request: StaffRequest, good: str = "", bad: str = "", visits: dict[str, Any] | None = None) -> HttpResponse:
    context = {"good": good, "bad": bad, "along": visits is not None, **(visits or {})}
    return frame.told(render(request, "web/patients/_booked.html", context))


def _visit(request: StaffRequest, patient_id: int, visit_id: int) -> Visit:
    patient = guard.patient(request.user, patient_id)
    return guard.visits(request.user).get(pk=visit_id, patient=patient)


def _moment(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise Http404 from None
    if found.tzinfo is None:
        raise Http404
    return found


def _choice(staff: Staff, patient: Patient, asked: QueryDict) -> Choice:
    """What the form says, or what is likely: the branch, doctor and service of the last visit."""
    last = guard.visits(staff).filter(patient=patient).order_by("-starts_at").first()
    places = branches(staff)
    likely = last.branch if last is not None and last.branch in places else next(iter(places), None)
    branch = next((place for place in places if str(place.pk) == asked.get("branch")), likely)
    if branch is None:
        raise Http404
    doctors = usual.practitioners(branch)
    who = asked.get("who") or (str(last.practitioner_id) if last is not None else "")
    meant = [d for d in doctors if str(d.pk) == who or (d.specialty and who == f"{ANY}{d.specialty}")]
    if not meant and doctors:
        meant, who = doctors[:1], str(doctors[0].pk)
    known = usual.services(meant)
    every = [*known, *Service.objects.exclude(pk__in=[s.pk for s in known]).order_by("name")[:300]]
    wanted = asked.get("service") or (str(last.service_id) if last is not None else "")
    service = next((s for s in every if str(s.pk) == wanted), next(iter(every), None))
    day = asked.get("day", "")
    return Choice(branch, who, meant, doctors, service, every, _since(day, ZoneInfo(branch.time_zone)), day)


def _since(day: str, zone: ZoneInfo) -> datetime:
    """From the morning of that day on, but not in the past."""
    at = now()
    try:
        return max(at, datetime.combine(date.fromisoformat(day), time(), zone)) if day else at
    except ValueError:
        raise Http404 from None


def _context(staff: Staff, patient: Patient, asked: QueryDict) -> dict[str, Any]:
    choice = _choice(staff, patient, asked)
    zone = ZoneInfo(choice.branch.time_zone)
    today = now().astimezone(zone).date()
    found = _free(choice)
    days = groupby(found, key=lambda item: item[0].astimezone(zone).date())
    return {
        "patient": patient,
        "choice": choice,
        "places": branches(staff),
        "specialties": [(name, list(group)) for name, group in groupby(choice.all_doctors, lambda d: d.specialty)],
        "several": len(choice.doctors) > 1,
        "first": "who" not in asked,
        "today": today.isoformat(),
        "key": asked.get("key") or secrets.token_urlsafe(9),
        "days": [
            (say.day(day, today), [(at.isoformat(), f"{at.astimezone(zone):%H:%M}", who) for at, who in group])
            for day, group in days
        ],
    }


def _free(choice: Choice) -> list[tuple[datetime, Practitioner]]:
    """The next free times, of several doctors in order; the length is what the service usually takes."""
    found = [
        (start, doctor)
        for doctor in choice.doctors[:AT_ONCE]
        for start, _end in free_times(
            doctor, choice.branch, usual.minutes([doctor], choice.service), choice.since, OFFERED
        )
    ]
    return sorted(found, key=lambda item: (item[0], item[1].name))[:OFFERED]
