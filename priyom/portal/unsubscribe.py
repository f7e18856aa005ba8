"""Unsubscribing from one channel with one click (RFC 8058): a mail program posts `List-Unsubscribe=One-Click`, without
cookies, and gets 200. A GET only asks: scanners of letters open every link."""

from __future__ import annotations

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from priyom.appointments.models import Visit
from priyom.clinic.models import Branch
from priyom.consent.change import withdraw
from priyom.consent.models import Consent, Purpose
from priyom.notifications.links import BadLink, read_unsubscribe
from priyom.notifications.wording import languages
from priyom.patients.models import Patient
from priyom.portal.page import Choice, Page, Place, respond
from priyom.portal.visit import not_found
from priyom.portal.words import words

ONE_CLICK = ("List-Unsubscribe", "One-Click")
SOURCE = "ссылка «Отписаться»"


@csrf_exempt  # the signed link is the authority, and mail programs post without cookies
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe_page(request: HttpRequest, token: str) -> HttpResponse:
    """`/p/u/<token>`."""
    try:
        patient_id, channel = read_unsubscribe(token)
        patient = Patient.objects.get(pk=patient_id)
    except (BadLink, Patient.DoesNotExist):
        return not_found(request)
    place = Place.of(request, languages(patient)[0])
    line = words(place.language)
    if request.method == "POST" and request.POST.get(ONE_CLICK[0]) == ONE_CLICK[1]:
        unsubscribe(patient, channel)
    if unsubscribed(patient, channel):
        return respond(place, Page(line.unsubscribed, (line.unsubscribed_more,), mark="✓", branch=_branch(patient)))
    yes = Choice(line.unsubscribe_yes, "", "main", posts=True)
    page = Page(line.unsubscribe, (line.unsubscribe_more,), choices=(yes,), branch=_branch(patient))
    return respond(place, page, hidden=(ONE_CLICK,))


@transaction.atomic
def unsubscribe(patient: Patient, channel: str) -> None:
    """Withdraw every consent on that channel that still stands; a second time changes nothing."""
    Patient.objects.select_for_update().get(pk=patient.pk)
    for purpose in _standing(patient, channel):
        withdraw(patient, purpose, channel, SOURCE, "")


def unsubscribed(patient: Patient, channel: str) -> bool:
    """Whether nothing may be sent there any more by the patient's own word."""
    return not _standing(patient, channel)


def _branch(patient: Patient) -> Branch | None:
    """Where the patient comes, for the way to a person at the bottom."""
    last = Visit.objects.filter(patient=patient).select_related("branch").order_by("-starts_at").first()
    return last.branch if last else None


def _standing(patient: Patient, channel: str) -> list[str]:
    """Purposes whose newest word about this channel is not a refusal; silence is none either."""
    newest: dict[str, bool] = {}
    rows = Consent.objects.filter(patient=patient, channel__in=("", channel)).order_by("id")
    for purpose, given in rows.values_list("purpose", "given"):
        newest[purpose] = given
    return [purpose for purpose in Purpose.values if newest.get(purpose) is not False]
