"""Tie a chat to a person: by a personal link, by a proven phone number, or by a member of staff."""

from __future__ import annotations

import secrets
from datetime import timedelta
from pathlib import Path

from django.db import transaction

from priyom.foundation.clock import now
from priyom.foundation.sql import Statements
from priyom.journal.record import record
from priyom.patients.facts import ContactLinked
from priyom.patients.models import ContactPoint, Kind, LinkToken, Patient

sql = Statements(Path(__file__).parent / "sql")

LIVES = timedelta(days=30)


def make_token(patient: Patient) -> str:
    """A fresh one-time token for this patient's deep links; letters of base64url, 24 of them."""
    at = now()
    token = secrets.token_urlsafe(18)
    LinkToken.objects.create(token=token, patient=patient, created_at=at, expires_at=at + LIVES)
    return token


@transaction.atomic
def use_token(token: str, kind: str, address: str, by: str = "link") -> ContactPoint | None:
    """Link the chat that showed this token; None when it is unknown, expired or used by another chat."""
    at = now()
    row = LinkToken.objects.select_for_update().filter(token=token, expires_at__gt=at).first()
    if row is None or (row.used_at is not None and row.used_by != f"{kind}:{address}"):
        return None
    row.used_at, row.used_by = at, f"{kind}:{address}"
    row.save()
    return attach(row.patient, kind, address, by)


@transaction.atomic
def attach(patient: Patient, kind: str, address: str, by: str) -> ContactPoint:
    """This chat is this patient's; `by` is link, phone or staff. Records ContactLinked when new."""
    point, created = ContactPoint.objects.get_or_create(
        patient=patient, kind=kind, address=address, defaults={"created_at": now(), "linked_by": by}
    )
    if not created and (point.removed_at is not None or point.linked_by == "record"):
        created = point.removed_at is not None
        point.removed_at, point.linked_by = None, by
        point.save()
    if created:
        record(ContactLinked(patient_id=patient.pk, contact_point_id=point.pk, by=by))
    return point


def by_phone(phone: str) -> list[Patient]:
    """Patients whose own phone this is (E.164); more than one in families that share a number."""
    return list(
        Patient.objects.filter(
            contacts__kind=Kind.PHONE, contacts__address=phone, contacts__removed_at=None, contacts__relation="own"
        ).distinct()
    )


def points(kind: str, address: str) -> list[ContactPoint]:
    """Live contact points with this address, own ones first: a shared phone belongs to several patients."""
    return list(ContactPoint.objects.raw(sql["points"], {"kind": kind, "address": address}))
