"""`GET /patients/{id}`: a patient and how they can be reached."""

from __future__ import annotations

from django.db.models import Prefetch
from django.http import HttpRequest
from ninja import Router

from priyom.api.problem import ApiProblem
from priyom.api.shapes import ContactShape, PatientShape, ReachedShape
from priyom.patients.models import ContactPoint, Patient
from priyom.patients.sources import home

router = Router(tags=["patients"])


def find(patient_id: str) -> Patient:
    """The patient with this outside id, or whose card that one became part of. Raises ApiProblem 404."""
    patient = Patient.objects.filter(external_id=patient_id).first()
    if patient is None:
        raise ApiProblem(404, f"Пациента «{patient_id}» нет")
    return home(patient)


@router.get("/patients/{path:patient_id}", response=PatientShape, summary="One patient")
def one(request: HttpRequest, patient_id: str) -> PatientShape:
    """A patient by the id their source gave them."""
    patient = find(patient_id)
    contacts = (
        ContactPoint.objects.filter(patient=patient, removed_at=None)
        .prefetch_related(Prefetch("reaches"))
        .order_by("pk")
    )
    return PatientShape(
        id=patient.external_id,
        family=patient.family,
        given=patient.given,
        patronymic=patient.patronymic,
        birth_date=patient.birth_date,
        sex=patient.sex,
        language=patient.language,
        contacts=[_contact(contact) for contact in contacts],
        visits=list(patient.visits.order_by("-starts_at").values_list("external_id", flat=True)[:100]),
    )


def _contact(contact: ContactPoint) -> ContactShape:
    return ContactShape(
        channel=contact.kind,
        address=contact.address,
        relation=contact.relation,
        linked_by=contact.linked_by,
        reach=[
            ReachedShape(
                channel=known.channel, lost=known.lost, delivered_at=known.delivered_at, answered_at=known.answered_at
            )
            for known in contact.reaches.all()
        ],
    )
