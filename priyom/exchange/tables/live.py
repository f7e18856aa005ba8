"""Loads rows of what is still to come, one by one, through the rooms' own verbs: facts and scenarios follow."""

from __future__ import annotations

from collections.abc import Callable

from django.db import transaction

from priyom.appointments import change
from priyom.appointments.book import VisitRecord, book
from priyom.appointments.models import LIVE, State, Visit
from priyom.exchange.clinic_rows import PractitionerData, ServiceData, keep_practitioner, keep_service
from priyom.exchange.tables.bulk import branch_of
from priyom.exchange.tables.row import Person, Planned
from priyom.patients.keep import BadContact, ContactRecord, PatientRecord, keep
from priyom.patients.models import Patient
from priyom.patients.sources import came_under, points_of


class RowRefused(Exception):
    """The house does not take this row; the message says why."""


_ENDS: dict[str, Callable[[int], bool]] = {
    State.CANCELLED: lambda pk: change.cancel(pk, by="mis", evidence="импорт таблицы"),
    State.ARRIVED: change.arrive,
    State.COMPLETED: change.complete,
    State.MISSED: change.miss,
}


@transaction.atomic
def load_person(person: Person) -> Patient:
    """Keep the patient of a row. Columns the table does not have leave what is known as it is. Raises RowRefused."""
    known = Patient.objects.filter(external_id=person.external_id).first()
    contacts = [
        ContactRecord(kind, address) for kind, address in (("phone", person.phone), ("email", person.email)) if address
    ]
    if known is not None:
        told = {contact.kind for contact in contacts}
        kept = [point for point in points_of(known) if point.removed_at is None and point.kind not in told]
        contacts += [ContactRecord(c.kind, c.address, c.relation) for c in kept]
    try:
        return keep(
            PatientRecord(
                external_id=person.external_id,
                family=person.family,
                given=person.given or (known.given if known else ""),
                patronymic=person.patronymic or (known.patronymic if known else ""),
                birth_date=person.birth_date or (known.birth_date if known else None),
                sex=person.sex or (known.sex if known else ""),
                language=person.language or (known.language if known else ""),
                contacts=tuple(contacts),
            )
        )[0]
    except BadContact as error:
        raise RowRefused(error.text) from None


@transaction.atomic
def load_visit(person: Person, visit: Planned) -> None:
    """Book, move or end the visit of a row. Raises RowRefused."""
    patient = load_person(person)
    known = Visit.objects.filter(external_id=visit.external_id).first()
    if known is not None and known.patient_id != patient.pk:
        raise RowRefused(f"Визит {visit.external_id} уже есть, у другого пациента")
    end = _ENDS.get(visit.state)
    if known is not None and known.state not in LIVE and end is None:
        raise RowRefused(f"Визит {visit.external_id} уже {_WORDS[known.state]}: изменить его таблицей нельзя")
    try:
        if known is None or known.state in LIVE:
            fresh = known is None
            known, _ = book(_record(patient, visit))
            if fresh and person.external_id != patient.external_id:
                came_under(person.external_id, known)  # the table still names a card that became part of this one
        if end is not None:
            end(known.pk)
    except change.TimeTaken:
        raise RowRefused("Это время врача занято: его взял пациент через нас") from None
    except change.NotLive:
        raise RowRefused(f"Визит {visit.external_id} уже закончен иначе") from None


_WORDS: dict[str, str] = {
    State.CANCELLED: "отменен",
    State.ARRIVED: "начат",
    State.COMPLETED: "состоялся",
    State.MISSED: "пропущен",
}


def _record(patient: Patient, visit: Planned) -> VisitRecord:
    return VisitRecord(
        external_id=visit.external_id,
        patient=patient,
        practitioner=keep_practitioner(PractitionerData(visit.practitioner.external_id, visit.practitioner.name)),
        service=keep_service(ServiceData(visit.service.external_id, visit.service.name)),
        branch=branch_of(visit),
        starts_at=visit.starts_at,
        ends_at=visit.ends_at,
        booked_at=visit.booked_at,
    )
