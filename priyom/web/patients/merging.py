"""Two cards of one person: shown side by side, joined after a second press, and parted again."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from priyom.clinic.models import Staff
from priyom.consent.models import Consent
from priyom.inbox import merge as joining
from priyom.inbox.models import CallTask, Incoming, TaskState
from priyom.patients import merge as cards
from priyom.patients.models import CardNote, Merge, Patient
from priyom.patients.opened import opened
from priyom.web import frame, guard
from priyom.web.frame import WORKS, StaffRequest, screen
from priyom.web.patients.contacts import Contact, contacts
from priyom.web.patients.views import search


@dataclass(frozen=True, slots=True)
class Side:
    """One card as the comparison shows it."""

    patient: Patient
    contacts: list[Contact]
    visits: int
    said: int
    notes: int
    tags: list[str]
    consents: int
    calls: int


@screen(*WORKS)
def compare(request: StaffRequest, patient_id: int, other_id: int) -> HttpResponse:
    """`/patients/<kept>/merge/<gone>`: what each card has, and which one stays."""
    kept, gone = _pair(request.user, patient_id, other_id)
    for shown in (kept, gone):
        opened(request.user, shown, "card")
    context = {"kept": kept, "gone": gone, "sides": [_side(kept), _side(gone)]}
    return frame.show(request, "web/patients/merge.html", "patients", context)


@screen(*WORKS)
def choose(request: StaffRequest, patient_id: int) -> HttpResponse:
    """`/patients/<id>/merge?q=`: other cards by name or phone, when nothing was suggested."""
    patient = guard.patient(request.user, patient_id)
    text = request.GET.get("q", "").strip()[:100]
    found = search(request.user, text).exclude(pk=patient.pk).prefetch_related("contacts")[:6] if len(text) > 1 else []
    return render(request, "web/patients/_merge_with.html", {"patient": patient, "found": list(found), "q": text})


@screen(*WORKS)
@require_POST
def merge(request: StaffRequest, patient_id: int, other_id: int) -> HttpResponse:
    """Join the other card to this one; the page asked twice."""
    kept, gone = _pair(request.user, patient_id, other_id)
    joining.merge(kept, gone, request.user)
    return _to_card(request, kept)


@screen(*WORKS)
@require_POST
def part(request: StaffRequest, patient_id: int, merge_id: int) -> HttpResponse:
    """Make two cards of one again; the page asked twice."""
    patient = guard.patient(request.user, patient_id)
    row = Merge.objects.get(pk=merge_id, kept=patient, undone_at=None)
    try:
        joining.undo(row, request.user)
    except cards.NotTheLast:
        bad = _("Another card was joined to this one later: take that apart first.")
        return render(request, "web/_told.html", {"bad": bad}, status=422)
    return _to_card(request, patient)


@screen(*WORKS)
@require_POST
def apart(request: StaffRequest, patient_id: int, other_id: int) -> HttpResponse:
    """They are two people, whatever they have in common: nobody is asked again. From the comparison (`then=card`) one
    comes back to the card."""
    patient, other = _pair(request.user, patient_id, other_id)
    cards.tell_apart(patient, other, request.user)
    if request.POST.get("then") == "card":
        return _to_card(request, patient)
    return render(request, "web/patients/_apart.html", {"patient": patient, "other": other})


@screen(*WORKS)
@require_POST
def not_apart(request: StaffRequest, patient_id: int, other_id: int) -> HttpResponse:
    """That was a slip: the other card is shown as alike again."""
    patient, other = _pair(request.user, patient_id, other_id)
    cards.doubt_again(patient, other)
    found = cards.alike(patient, Patient.objects.filter(pk=other.pk))
    return render(request, "web/patients/_alike.html", {"patient": patient, "a": found[0] if found else None})


def _pair(staff: Staff, kept_id: int, gone_id: int) -> tuple[Patient, Patient]:
    if kept_id == gone_id:
        raise Http404
    return guard.patient(staff, kept_id), guard.patient(staff, gone_id)


def _side(patient: Patient) -> Side:
    return Side(
        patient, contacts(patient),
        visits=patient.visits.count(),
        said=Incoming.objects.filter(conversation__patient=patient).count(),
        notes=CardNote.objects.filter(patient=patient, removed_at=None).count(),
        tags=list(patient.tags.order_by("name").values_list("name", flat=True)),
        consents=Consent.objects.filter(patient=patient).count(),
        calls=CallTask.objects.filter(patient=patient, state=TaskState.OPEN).count(),
    )  # fmt: skip


def _to_card(request: StaffRequest, patient: Patient) -> HttpResponse:
    address = reverse("web:patient", args=[patient.pk])
    if not frame.part(request):
        return HttpResponseRedirect(address)
    return HttpResponse(status=204, headers={"HX-Redirect": address})
