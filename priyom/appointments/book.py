"""Book a visit as a source tells of it. The same again changes nothing; another time is a move."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction

from priyom.appointments.change import TimeTaken, move, reopen
from priyom.appointments.facts import VisitBooked
from priyom.appointments.free import claim
from priyom.appointments.models import LIVE, State, Visit
from priyom.clinic.models import Branch, Practitioner, Service
from priyom.foundation.clock import now
from priyom.journal.record import record
from priyom.patients.models import Patient


@dataclass(frozen=True, slots=True)
class VisitRecord:
    """A visit to book. `history`: it is past, nothing shall follow from it. `claim`: refuse a time already taken."""

    external_id: str
    patient: Patient
    practitioner: Practitioner
    service: Service
    branch: Branch
    starts_at: datetime
    ends_at: datetime
    booked_at: datetime | None = None
    history: bool = False
    state: str = State.BOOKED
    claim: bool = False


@transaction.atomic
def book(given: VisitRecord) -> tuple[Visit, bool]:
    """(the visit, whether anything changed). Records VisitBooked, or VisitMoved for a known visit at another time.

    Raises TimeTaken when `claim` is set and somebody has the time.
    """
    known = Visit.objects.select_for_update().filter(external_id=given.external_id).first()
    if known is not None:
        return _again(known, given)
    at = now()
    if given.claim:
        claim(given.practitioner.pk, given.starts_at, given.ends_at)
    try:
        with transaction.atomic():
            visit = Visit.objects.create(
                external_id=given.external_id, patient=given.patient, practitioner=given.practitioner,
                service=given.service, branch=given.branch, starts_at=given.starts_at, ends_at=given.ends_at,
                state=given.state, claimed=given.claim, booked_at=given.booked_at or at, changed_at=at,
                history=given.history,
            )  # fmt: skip
    except IntegrityError as error:
        if "visit_claimed_time_is_one" in str(error):
            raise TimeTaken from error
        raise
    if not given.history:
        record(
            VisitBooked(
                patient_id=visit.patient_id, visit_id=visit.pk, version=visit.version,
                starts_at=visit.starts_at, booked_at=visit.booked_at,
            )
        )  # fmt: skip
    return visit, True


def _again(known: Visit, given: VisitRecord) -> tuple[Visit, bool]:
    if given.history:
        return known, False
    moved = (
        (known.starts_at, known.ends_at) != (given.starts_at, given.ends_at)
        or known.practitioner_id != given.practitioner.pk
        or known.branch_id != given.branch.pk
    )
    if known.state not in LIVE:
        known.practitioner, known.branch, known.service = given.practitioner, given.branch, given.service
        return reopen(known, given.starts_at, given.ends_at), True
    if not moved:
        changed = known.service_id != given.service.pk
        if changed:
            known.service = given.service
            known.save(update_fields=["service"])
        return known, changed
    visit = move(
        known.pk, given.starts_at, given.ends_at, by="mis", practitioner=given.practitioner, branch=given.branch,
        service=given.service,
    )  # fmt: skip
    return visit, True
