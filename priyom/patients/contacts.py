"""Contact points as the staff changes them by hand. What the desk has said outlives what the source tells."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction

from priyom.clinic.house import house
from priyom.clinic.models import Staff
from priyom.contracts import registry
from priyom.foundation.clock import now
from priyom.journal.record import record
from priyom.patients import reach
from priyom.patients.facts import PatientChanged
from priyom.patients.keep import clean_address
from priyom.patients.models import ContactPoint, Kind, Patient, Reach

TYPED = (Kind.PHONE, Kind.EMAIL, Kind.WHATSAPP)
"""Kinds whose addresses people know by heart; a chat in a messenger is linked, not typed."""
RELATIONS = (
    "own", "mother", "father", "son", "daughter", "husband", "wife", "sister", "brother", "guardian", "relative",
    "work",
)  # fmt: skip
"""Whose address it is, as seen from the patient. Sources may use other words."""
STAFF = "staff"
WRONG = "неверный номер"
"""How the evidence of an address begins that a person has found to be another's."""


@transaction.atomic
def add(patient: Patient, kind: str, address: str, relation: str) -> ContactPoint:
    """An address told at the desk; a removed one comes back. Raises keep.BadContact."""
    spelled = clean_address(kind, address, house().country)
    point, created = ContactPoint.objects.select_for_update().get_or_create(
        patient=patient, kind=kind, address=spelled,
        defaults={"relation": relation, "created_at": now(), "linked_by": STAFF},
    )  # fmt: skip
    if not created:
        point.relation, point.removed_at, point.linked_by = relation, None, _said(point)
        point.save(update_fields=["relation", "removed_at", "linked_by"])
    record(PatientChanged(patient_id=patient.pk))
    return point


@transaction.atomic
def relate(point: ContactPoint, relation: str) -> None:
    """It is another one's: the mother's, at work."""
    point.relation, point.linked_by = relation, _said(point)
    point.save(update_fields=["relation", "linked_by"])
    record(PatientChanged(patient_id=point.patient_id))


@transaction.atomic
def remove(point: ContactPoint) -> None:
    """Nothing goes there any more; its history stays, and the source does not bring it back."""
    point.removed_at, point.linked_by = now(), STAFF
    point.save(update_fields=["removed_at", "linked_by"])
    record(PatientChanged(patient_id=point.patient_id))


@transaction.atomic
def put_back(point: ContactPoint) -> None:
    """Removed by mistake."""
    point.removed_at = None
    point.save(update_fields=["removed_at"])
    record(PatientChanged(patient_id=point.patient_id))


@transaction.atomic
def wrong(point: ContactPoint, staff: Staff) -> None:
    """Somebody else is there: no route takes it over any channel until it is set right. Records ContactLost."""
    why = f"{WRONG}, {staff.get_full_name() or staff.username}"
    for channel in _ways(point.kind):
        reach.lost(point, channel, "gone", why, now())
    Reach.objects.filter(contact_point=point, lost="gone").update(lost_why=why[:200])
    record(PatientChanged(patient_id=point.patient_id))


@transaction.atomic
def right(point: ContactPoint) -> None:
    """The address is theirs after all: routes may take it again."""
    marked = Reach.objects.filter(contact_point=point, lost="gone", lost_why__startswith=WRONG)
    marked.update(lost="", lost_at=None, lost_why="")
    record(PatientChanged(patient_id=point.patient_id))


def is_wrong(reaches: Iterable[Reach]) -> bool:
    """Whether a person has found that the address is another's."""
    return any(row.lost and row.lost_why.startswith(WRONG) for row in reaches)


def _ways(kind: str) -> list[str]:
    """One channel of each sort that leads to such an address: what is gone for one gateway is gone for all."""
    found: dict[str, str] = {}
    for card in registry.cards():
        if card.contact_kind == kind:
            found.setdefault(card.sort, card.key)
    return list(found.values())


def _said(point: ContactPoint) -> str:
    """A proof (a link, a shared number) is worth more than the desk's word; a record is not."""
    return STAFF if point.linked_by in ("", "record") else point.linked_by
