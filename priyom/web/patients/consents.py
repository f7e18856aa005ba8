"""What a patient allows us, short: service and news, over all channels, and what they have stopped; and its change by
hand, with the reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.http import require_POST

from priyom.clinic.house import house
from priyom.consent import change
from priyom.consent.models import Consent, Purpose
from priyom.contracts import registry
from priyom.delivery.models import Account
from priyom.patients.models import Patient
from priyom.web import frame, guard, say
from priyom.web.frame import WORKS, StaffRequest, screen

PURPOSES = {
    Purpose.SERVICE.value: gettext_noop("messages about own visits"),
    Purpose.MARKETING.value: gettext_noop("news and offers"),
}


@dataclass(frozen=True, slots=True)
class Standing:
    """What holds for one purpose. `word` is the patient's own newest word for all channels; None: the house's rule
    decides. `stopped` and `only`: channels with another word than the rest."""

    purpose: str
    title: str
    allowed: bool
    word: Consent | None
    stopped: tuple[Consent, ...]
    only: tuple[Consent, ...]


def standings(words: Sequence[Consent]) -> list[Standing]:
    """`words`: of one patient, the newest first."""
    implied = house().service_consent == "implied"
    return [_standing(key, [w for w in words if w.purpose == key], implied and key == "service") for key in PURPOSES]


def _standing(purpose: str, words: Sequence[Consent], implied: bool) -> Standing:
    whole = next((word for word in words if not word.channel), None)
    allowed = whole.given if whole is not None else implied
    newest: dict[str, Consent] = {}
    for word in words:
        if word.channel and (whole is None or word.pk > whole.pk) and not registry.family(word.channel) & newest.keys():
            newest[word.channel] = word
    other = [word for word in newest.values() if word.given != allowed]
    return Standing(
        purpose, PURPOSES[purpose], allowed, whole,
        tuple(w for w in other if not w.given), tuple(w for w in other if w.given),
    )  # fmt: skip


def context(patient: Patient) -> dict[str, object]:
    """What `web/patients/_consents.html` shows."""
    words = list(Consent.objects.filter(patient=patient).order_by("-id")[:200])
    used = Account.objects.filter(enabled=True).values_list("channel", flat=True).distinct()
    channels = sorted({*used, *(word.channel for word in words if word.channel)})
    return {
        "patient": patient,
        "consent_standings": standings(words),
        "consent_purposes": PURPOSES.items(),
        "consent_channels": [(key, say.channel_title(key)) for key in channels if say.card(key) is not None],
    }


@screen(*WORKS)
@require_POST
def change_consent(request: StaffRequest, patient_id: int) -> HttpResponse:
    """`purpose`, `channel` ('' for all), `given` 1 or 0, and the reason `text`: what the patient has said, where."""
    patient = guard.patient(request.user, patient_id)
    purpose, channel = request.POST.get("purpose", ""), request.POST.get("channel", "")
    given, text = request.POST.get("given", ""), request.POST.get("text", "").strip()[:500]
    if purpose not in PURPOSES or given not in ("0", "1") or (channel and say.card(channel) is None):
        raise Http404
    if not text:
        return _shown(request, patient, consent_bad=_("Write in two words how they have said it: it is the proof."))
    verb = change.give if given == "1" else change.withdraw
    verb(patient, purpose, channel, f"сотрудник: {request.user.get_full_name() or request.user.username}", text)
    return frame.told(_shown(request, patient, consent_good=_("Noted.")))


def _shown(request: StaffRequest, patient: Patient, **more: str) -> HttpResponse:
    zone = {"person_zone": patient.time_zone or frame.zone_of(request), "may_work": True}
    return render(request, "web/patients/_consents.html", {**context(patient), **zone, **more})
