"""Search for a patient, the whole card, and the personal links that tie a chat to them."""

from __future__ import annotations

from typing import Any

import segno
from django.db.models import QuerySet
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_POST

from priyom.clinic.models import Staff
from priyom.consent.models import Consent
from priyom.delivery.models import Account
from priyom.patients import linking
from priyom.patients.access import visible
from priyom.patients.find import each_planned, people
from priyom.patients.models import Patient
from priyom.patients.opened import openings
from priyom.patients.sources import home
from priyom.web import frame, guard, say
from priyom.web.frame import SEES, SETS, WORKS, StaffRequest, screen
from priyom.web.patients.beside import beside, visits_of
from priyom.web.patients.words import places

FOUND = 50
LOOKED = 5
"""So many of the last openings stand on the card; all of them in the log."""


@screen(*SEES)
def page(request: StaffRequest) -> HttpResponse:
    """`/patients?q=`: the list; `?patient=` opens one beside it."""
    context = _list(request)
    patient_id = frame.number(request, "patient")
    if patient_id is not None:
        context |= card_context(request, patient_id)
    return frame.show(request, "web/patients/page.html", "patients", context)


@screen(*SEES)
def rows(request: StaffRequest) -> HttpResponse:
    """`/patients/rows?q=`: the list alone, while somebody types."""
    return render(request, "web/patients/_list.html", _list(request))


@screen(*SEES)
def card(request: StaffRequest, patient_id: int) -> HttpResponse:
    """`/patients/<id>`: a page, or the part beside the list. A card that became part of another one leads to that."""
    gone = Patient.objects.filter(pk=patient_id, merged_into__isnull=False).first()
    if gone is not None:
        patient_id = home(gone).pk
        if not frame.part(request):
            return HttpResponseRedirect(reverse("web:patient", args=[guard.patient(request.user, patient_id).pk]))
    context = card_context(request, patient_id)
    if frame.part(request):
        return render(request, "web/patients/_card.html", context)
    return frame.show(request, "web/patients/card.html", "patients", context)


@screen(*WORKS)
@require_POST
def link(request: StaffRequest, patient_id: int, account_id: int) -> HttpResponse:
    """A fresh personal link for one channel, as QR and as text: whoever opens it is this patient."""
    patient = guard.patient(request.user, patient_id)
    account = Account.objects.get(pk=account_id, enabled=True)
    found = say.card(account.channel)
    if found is None or not found.deep_link or not account.bot_name:
        raise Http404
    address = found.deep_link.format(bot=account.bot_name, token=linking.make_token(patient))
    context = {"account": account, "address": address, "qr": qr(address)}
    return render(request, "web/patients/_link.html", context)


def qr(text: str) -> str:
    """The QR code as inline SVG."""
    drawn: str = segno.make(text, error="m").svg_inline(border=0, scale=4, omitsize=True)
    return mark_safe(drawn)  # drawn by us from modules alone: no part of the text is in it


def search(staff: Staff, text: str) -> QuerySet[Patient]:
    """Patients by any part of their names and any three digits of a phone; all of them for no words."""
    return people(visible(staff), text).order_by("family", "given", "pk")


def card_context(request: StaffRequest, patient_id: int) -> dict[str, Any]:
    """Everything the card shows."""
    patient = guard.patient(request.user, patient_id)
    consents = Consent.objects.filter(patient=patient).order_by("-id")[:20]
    return {
        "visits": visits_of(request.user, patient),
        "consents": list(consents),
        "openings": list(openings(patient)[:LOOKED]) if request.user.role in SETS else [],
        "opened_names": places(),
        "zone": frame.zone_of(request),
        **beside(request.user, patient),
    }


def _list(request: StaffRequest) -> dict[str, Any]:
    text = request.GET.get("q", "").strip()[:100]
    found = search(request.user, text).prefetch_related("contacts")
    with each_planned():
        rows, more = frame.first_page(found, FOUND)
    return {"patients": rows, "more": more, "q": text, "most": FOUND}
