"""What the staff adds to a patient's card: notes for colleagues, and tags."""

from __future__ import annotations

from django.db import transaction

from priyom.clinic.models import Staff
from priyom.foundation.clock import now
from priyom.journal.record import record
from priyom.patients.facts import PatientChanged
from priyom.patients.models import CardNote, Patient, Tag

LONGEST_NOTE = 1000
LONGEST_TAG = 40


@transaction.atomic
def write(patient: Patient, staff: Staff, text: str) -> CardNote:
    """A note colleagues shall know of. Raises ValueError for an empty one or one of more than LONGEST_NOTE signs."""
    text = text.strip()
    if not text or len(text) > LONGEST_NOTE:
        raise ValueError("заметка пустая или слишком длинная")
    made = CardNote.objects.create(patient=patient, author=staff, at=now(), text=text)
    record(PatientChanged(patient_id=patient.pk))
    return made


@transaction.atomic
def take_back(note: CardNote) -> None:
    """The note is not shown any more; its row stays, so that it can be put back."""
    CardNote.objects.filter(pk=note.pk, removed_at=None).update(removed_at=now())
    record(PatientChanged(patient_id=note.patient_id))


@transaction.atomic
def put_back(note: CardNote) -> None:
    """A note taken back by mistake stands again."""
    CardNote.objects.filter(pk=note.pk).update(removed_at=None)
    record(PatientChanged(patient_id=note.patient_id))


@transaction.atomic
def tag(patient: Patient, name: str) -> Tag:
    """Put a tag on the card; one that differs only in its letters' size or in spaces is the same tag. Raises
    ValueError for an empty or too long one."""
    name = " ".join(name.split()).strip("#")
    if not name or len(name) > LONGEST_TAG:
        raise ValueError("метка пустая или слишком длинная")
    found = Tag.objects.filter(name__iexact=name).first() or Tag.objects.get_or_create(name=name)[0]
    patient.tags.add(found)
    record(PatientChanged(patient_id=patient.pk))
    return found


@transaction.atomic
def untag(patient: Patient, tag_id: int) -> None:
    """Take a tag off the card; a tag nobody bears is forgotten."""
    patient.tags.remove(tag_id)
    Tag.objects.filter(pk=tag_id, patients=None).delete()
    record(PatientChanged(patient_id=patient.pk))


def suggested(patient: Patient, beginning: str, most: int = 12) -> list[str]:
    """Tags the clinic uses already that begin so and are not on this card."""
    found = Tag.objects.filter(name__istartswith=beginning.strip()).exclude(patients=patient)
    return list(found.order_by("name").values_list("name", flat=True)[:most])
