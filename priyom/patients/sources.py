"""What a source says under the id of a card that became part of another one: it lands on the card that was kept, and is
remembered as that source's, so that each source changes only what it brought and parting the cards stays exact."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import models

from priyom.patients.models import ContactPoint, Merge, Patient
from priyom.patients.moves import ids_of


def home(patient: Patient) -> Patient:
    """The card this one is part of by now; itself when it is part of none."""
    while patient.merged_into_id is not None:
        patient = Patient.objects.get(pk=patient.merged_into_id)
    return patient


def points_of(source: Patient) -> list[ContactPoint]:
    """Contact points, removed ones too, that this card brought or has: of a kept one without those of cards that became
    part of it."""
    here = home(source)
    points = list(ContactPoint.objects.filter(patient=here).order_by("pk"))
    if source.pk == here.pk and not Merge.objects.filter(kept=here, undone_at=None).exists():
        return points
    foreign = _brought(Merge.objects.filter(kept=source, undone_at=None))
    own = {p.pk for p in points}
    if source.pk != here.pk:
        own &= _brought(Merge.objects.filter(gone=source, undone_at=None))
    return [point for point in points if point.pk in own - foreign]


def came_later(source: Patient, row: models.Model, name: str = "patient") -> None:
    """This row was made on the kept card because `source` was named: it goes back with the others."""
    label, card = row._meta.label, source
    while card.merged_into_id is not None:
        merge = Merge.objects.select_for_update().filter(gone=card, undone_at=None).get()
        step = {"moved": label, "field": name, "from": card.pk, "to": merge.kept_id, "ids": [row.pk]}
        merge.moved = {"steps": [*merge.moved.get("steps", []), step]}
        merge.save(update_fields=["moved"])
        card = Patient.objects.get(pk=merge.kept_id)


def came_under(external_id: str, row: models.Model) -> None:
    """The same, by the id a source gave; nothing to do where that card stands for itself."""
    source = Patient.objects.filter(external_id=external_id, merged_into__isnull=False).first()
    if source is not None:
        came_later(source, row)


def _brought(merges: Iterable[Merge]) -> set[int]:
    label = ContactPoint._meta.label
    return {pk for merge in merges for pk in ids_of(merge.moved.get("steps", []), label, "patient")}
