"""Record that a patient allows or forbids us to write."""

from __future__ import annotations

from django.db import transaction

from priyom.consent.facts import ConsentChanged
from priyom.consent.models import Consent
from priyom.foundation.clock import now
from priyom.journal.record import record
from priyom.patients.models import Patient


def give(patient: Patient, purpose: str, channel: str, source: str, text: str) -> None:
    """The patient allows it; `text` is what they agreed to, `source` where."""
    _change(patient, purpose, channel, True, source, text)


def withdraw(patient: Patient, purpose: str, channel: str, source: str, text: str) -> None:
    """The patient forbids it from now on."""
    _change(patient, purpose, channel, False, source, text)


@transaction.atomic
def _change(patient: Patient, purpose: str, channel: str, given: bool, source: str, text: str) -> None:
    Consent.objects.create(
        patient=patient, purpose=purpose, channel=channel, given=given, at=now(), source=source, text=text
    )
    record(ConsentChanged(patient_id=patient.pk, purpose=purpose, channel=channel, given=given, source=source))
