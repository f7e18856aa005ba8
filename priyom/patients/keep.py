"""Make or change a patient as a source tells of them. The same again changes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db import transaction

from priyom.clinic.house import house
from priyom.foundation.clock import now
from priyom.foundation.phone import BadPhone, normalize
from priyom.journal.record import record
from priyom.patients.facts import PatientChanged
from priyom.patients.models import ContactPoint, Kind, Patient
from priyom.patients.sources import came_later, home, points_of


class BadContact(ValueError):
    """A contact cannot be used; `index` is its place in the list."""

    def __init__(self, index: int, text: str) -> None:
        super().__init__(text)
        self.index = index
        self.text = text


@dataclass(frozen=True, slots=True)
class ContactRecord:
    """An address as a source gives it; `kind` is one of models.Kind."""

    kind: str
    address: str
    relation: str = "own"


@dataclass(frozen=True, slots=True)
class PatientRecord:
    """A patient as a source gives them. `contacts` None: leave what we have; else exactly these."""

    external_id: str
    family: str
    given: str
    patronymic: str = ""
    birth_date: date | None = None
    sex: str = ""
    language: str = ""
    contacts: tuple[ContactRecord, ...] | None = None


FIELDS = ("family", "given", "patronymic", "birth_date", "sex", "language")


@transaction.atomic
def keep(given: PatientRecord) -> tuple[Patient, bool]:
    """(the patient, whether anything changed). Raises BadContact. Records PatientChanged.

    A card that became part of another one remembers what its source says of the person; contacts land on the other one,
    which is what is given back.
    """
    at = now()
    values = {name: getattr(given, name) for name in FIELDS}
    patient, created = Patient.objects.select_for_update().get_or_create(
        external_id=given.external_id, defaults={**values, "created_at": at, "changed_at": at}
    )
    changed = created
    if not created and any(getattr(patient, name) != value for name, value in values.items()):
        for name, value in values.items():
            setattr(patient, name, value)
        patient.changed_at = at
        patient.save()
        changed = True
    if given.contacts is not None:
        changed |= _keep_contacts(patient, clean(given.contacts, house().country))
    here = home(patient)
    if changed:
        record(PatientChanged(patient_id=here.pk, created=created))
    return here, changed


def clean(contacts: tuple[ContactRecord, ...], country: str) -> list[ContactRecord]:
    """Contacts with addresses in one spelling, doubles dropped. Raises BadContact naming the first bad one."""
    cleaned: dict[tuple[str, str], ContactRecord] = {}
    for index, contact in enumerate(contacts):
        address = clean_address(contact.kind, contact.address, country, index)
        cleaned.setdefault((contact.kind, address), ContactRecord(contact.kind, address, contact.relation or "own"))
    return list(cleaned.values())


def clean_address(kind: str, address: str, country: str, index: int = 0) -> str:
    """One spelling of an address of that kind. Raises BadContact."""
    address = address.strip()
    if kind not in Kind.values:
        raise BadContact(index, f"Вида связи «{kind}» нет; есть: {', '.join(Kind.values)}")
    if not address:
        raise BadContact(index, "Адрес пуст")
    if kind in (Kind.PHONE, Kind.WHATSAPP):
        try:
            return normalize(address, country)
        except BadPhone as error:
            raise BadContact(index, str(error)) from None
    if kind == Kind.EMAIL:
        name, at, domain = address.rpartition("@")
        if not (name and at and "." in domain) or " " in address:
            raise BadContact(index, f"«{address}» - не адрес почты")
        return f"{name}@{domain.lower()}"
    return address


def _keep_contacts(source: Patient, contacts: list[ContactRecord]) -> bool:
    at, here = now(), home(source)
    known = {(c.kind, c.address): c for c in here.contacts.all()}
    changed = False
    wanted = set()
    for contact in contacts:
        key = (contact.kind, contact.address)
        wanted.add(key)
        have = known.get(key)
        if have is None:
            made = ContactPoint.objects.create(
                patient=here, kind=contact.kind, address=contact.address, relation=contact.relation,
                created_at=at, linked_by="record",
            )  # fmt: skip
            came_later(source, made)
            changed = True
        elif have.linked_by != "staff" and (have.removed_at is not None or have.relation != contact.relation):
            have.removed_at, have.relation = None, contact.relation
            have.save(update_fields=["removed_at", "relation"])
            changed = True
    for have in points_of(source):
        # What the person proved to us themselves, and what the desk has said, outlives a record that does not know it.
        if (have.kind, have.address) not in wanted and have.removed_at is None and have.linked_by == "record":
            have.removed_at = at
            have.save(update_fields=["removed_at"])
            changed = True
    return changed
