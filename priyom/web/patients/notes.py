"""Notes and tags on the card."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from priyom.clinic.models import Role, Staff
from priyom.patients import card
from priyom.patients.models import CardNote, Patient
from priyom.web import frame, guard
from priyom.web.frame import SEES, WORKS, StaffRequest, screen

SHOWN = 20
NOTES = (*WORKS, Role.DOCTOR)
"""Doctors know things of their patients that the desk shall know too."""


def notes_context(staff: Staff, patient: Patient) -> dict[str, Any]:
    """What `web/patients/_notes.html` shows: the newest first."""
    rows = CardNote.objects.filter(patient=patient, removed_at=None).select_related("author").order_by("-at", "-pk")
    return {
        "patient": patient,
        "card_notes": list(rows[:SHOWN]),
        "may_note": staff.role in NOTES,
        "longest_note": card.LONGEST_NOTE,
    }


def tags_context(staff: Staff, patient: Patient) -> dict[str, Any]:
    """What `web/patients/_tags.html` shows."""
    return {
        "patient": patient,
        "tags": list(patient.tags.order_by("name")),
        "may_work": staff.role in WORKS,
        "longest_tag": card.LONGEST_TAG,
    }


@screen(*NOTES)
@require_POST
def write(request: StaffRequest, patient_id: int) -> HttpResponse:
    """A note: `text`."""
    patient = guard.patient(request.user, patient_id)
    text = request.POST.get("text", "")
    try:
        card.write(patient, request.user, text)
    except ValueError:
        return _notes(request, patient, note_bad=_("Write what colleagues shall know."), typed_note=text)
    return _notes(request, patient)


@screen(*NOTES)
@require_POST
def take_back(request: StaffRequest, patient_id: int, note_id: int) -> HttpResponse:
    """The note is no longer true."""
    patient, note = _note(request, patient_id, note_id)
    card.take_back(note)
    return _notes(request, patient, note_taken=note)


@screen(*NOTES)
@require_POST
def put_back(request: StaffRequest, patient_id: int, note_id: int) -> HttpResponse:
    """It was true."""
    patient, note = _note(request, patient_id, note_id)
    card.put_back(note)
    return _notes(request, patient)


@screen(*SEES)
def suggest(request: StaffRequest, patient_id: int) -> HttpResponse:
    """Tags that begin with `name`, as options of the field."""
    patient = guard.patient(request.user, patient_id)
    names = card.suggested(patient, request.GET.get("name", "")[: card.LONGEST_TAG])
    return render(request, "web/patients/_tag_options.html", {"names": names})


@screen(*WORKS)
@require_POST
def tag(request: StaffRequest, patient_id: int) -> HttpResponse:
    """Put the tag `name` on the card."""
    patient = guard.patient(request.user, patient_id)
    name = request.POST.get("name", "")
    try:
        card.tag(patient, name)
    except ValueError:
        bad = _("A tag is one or two words, %(most)d signs at most.") % {"most": card.LONGEST_TAG}
        return _tags(request, patient, tag_bad=bad, typed_tag=name)
    return _tags(request, patient, adding=True)


@screen(*WORKS)
@require_POST
def untag(request: StaffRequest, patient_id: int, tag_id: int) -> HttpResponse:
    """Take it off."""
    patient = guard.patient(request.user, patient_id)
    card.untag(patient, tag_id)
    return _tags(request, patient)


def _note(request: StaffRequest, patient_id: int, note_id: int) -> tuple[Patient, CardNote]:
    patient = guard.patient(request.user, patient_id)
    return patient, CardNote.objects.get(pk=note_id, patient=patient)


def _notes(request: StaffRequest, patient: Patient, **more: Any) -> HttpResponse:
    zone = {"person_zone": patient.time_zone or frame.zone_of(request)}
    return render(request, "web/patients/_notes.html", {**notes_context(request.user, patient), **zone, **more})


def _tags(request: StaffRequest, patient: Patient, **more: Any) -> HttpResponse:
    return render(request, "web/patients/_tags.html", {**tags_context(request.user, patient), **more})
