"""Who looked at whose personal data: written when a card is shown, read by those who answer for it."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from django.db import connection
from django.db.models import QuerySet

from priyom.clinic.models import Staff
from priyom.foundation.clock import now
from priyom.foundation.sql import Statements
from priyom.patients.models import Opened, Patient

SAME_LOOK = timedelta(minutes=10)
PLACES = ("card", "chat", "visit", "task")

sql = Statements(Path(__file__).parent / "sql")


def opened(staff: Staff, patient: Patient, what: str) -> None:
    """Log that the patient's data were shown on a page of PLACES: one statement, whether it is news or not."""
    at = now()
    values: dict[str, int | str | datetime] = {
        "staff": staff.pk,
        "patient": patient.pk,
        "what": what,
        "at": at,
        "since": at - SAME_LOOK,
    }
    with connection.cursor() as cursor:
        cursor.execute(sql["opened"], values)


def openings(patient: Patient | None = None) -> QuerySet[Opened]:
    """The log, the newest first; of one patient: also of the cards that became part of theirs."""
    rows = Opened.objects.select_related("staff", "patient").order_by("-at", "-pk")
    if patient is None:
        return rows
    return rows.filter(patient__in=[patient.pk, *_joined(patient.pk)])


def _joined(patient_id: int) -> list[int]:
    found, fresh = [], [patient_id]
    while fresh:
        fresh = list(Patient.objects.filter(merged_into__in=fresh).values_list("pk", flat=True))
        found += fresh
    return found
