"""Takes events of other systems: matches patients and visits by the source's own ids, and calls the rooms' verbs.

One request is one transaction: either every event of it is taken, or none and the caller is told everything that is
wrong. Medical systems' own dialects end here too, as `Event`s.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, TypeVar

from django.db import transaction

from priyom.appointments import change
from priyom.appointments.book import VisitRecord, book
from priyom.appointments.models import LIVE, State, Visit
from priyom.clinic.models import Branch, Practitioner, Service
from priyom.exchange.clinic_rows import (
    BranchData,
    NotEnough,
    PractitionerData,
    ServiceData,
    keep_branch,
    keep_practitioner,
    keep_service,
)
from priyom.exchange.events import Event, PatientPart, Problem, Refused, VisitPart, whole
from priyom.exchange.models import TakenEvent
from priyom.foundation.clock import now
from priyom.journal.durable import with_all_before
from priyom.patients.keep import BadContact, ContactRecord, PatientRecord, keep
from priyom.patients.models import Patient
from priyom.patients.sources import came_under

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of one event: `taken`, or `repeated` (this source and id were taken before; nothing changed)."""

    id: str
    source: str
    result: Literal["taken", "repeated"]


def receive(events: Sequence[Event]) -> list[Taken]:
    """Take these events in order, all or none. Raises Refused with the problems of all of them."""
    problems: list[Problem] = []
    taken: list[Taken] = []
    with transaction.atomic():
        for event in events:
            try:
                with transaction.atomic():
                    taken.append(_take(event))
            except Refused as error:
                problems += error.problems
        if problems:
            raise Refused(problems)
        if all(one.result == "repeated" for one in taken):
            with_all_before()
    return taken


def _take(event: Event) -> Taken:
    _, fresh = TakenEvent.objects.get_or_create(
        source=event.source, event_id=event.id, defaults={"type": event.type, "at": now()}
    )
    if fresh:
        if event.visit is None:
            assert event.patient is not None
            _patient(event, event.patient)
        else:
            _visit(event, event.visit)
    return Taken(event.id, event.source, "taken" if fresh else "repeated")


def _visit(event: Event, given: VisitPart) -> None:
    known = Visit.objects.select_for_update().filter(external_id=given.id).first()
    if known is None or event.type == "visit.booked":
        missing = whole(event)
        if missing and known is None and event.type != "visit.booked":
            raise Refused([Problem(event.at("/visit/id"), "Такого визита нет"), *missing])
        if missing:
            raise Refused(missing)
    patient = _patient(event, event.patient) if event.patient is not None else None
    if known is not None and patient is not None and known.patient_id != patient.pk:
        raise Refused([Problem(event.at("/patient/id"), f"Визит {given.id} - другого пациента")])
    try:
        _change(event, given, known, patient)
    except change.NotLive:
        state = Visit.objects.values_list("state", flat=True).get(external_id=given.id)
        raise Refused([Problem(event.at("/visit/id"), f"Визит уже в состоянии {state}")]) from None
    except change.TimeTaken:
        raise Refused([Problem(event.at("/visit/start"), "Это время врача уже взял другой пациент")]) from None


_ENDS: dict[str, Callable[[int], bool]] = {
    "visit.cancelled": lambda pk: change.cancel(pk, by="mis"),
    "visit.arrived": change.arrive,
    "visit.completed": change.complete,
    "visit.missed": change.miss,
}


def _change(event: Event, given: VisitPart, known: Visit | None, patient: Patient | None) -> None:
    practitioner, service, branch = _places(event, given)
    if known is None or event.type == "visit.booked":
        assert patient is not None
        assert practitioner is not None
        assert service is not None
        assert branch is not None
        starts_at, ends_at = _span(given)
        if known is not None and known.state not in (*LIVE, State.CANCELLED, State.MISSED):
            return  # told late: the patient has been here already
        fresh = known is None
        known, _ = book(VisitRecord(given.id, patient, practitioner, service, branch, starts_at, ends_at))
        if fresh and event.patient is not None and event.patient.id != patient.external_id:
            came_under(event.patient.id, known)  # the source still names a card that became part of this one
    elif event.type == "visit.moved":
        _move(known, given, practitioner, branch, service)
    late = event.type == "visit.arrived" and known.state == State.COMPLETED
    end = _ENDS.get(event.type)
    if end is not None and not late:
        end(known.pk)


def _move(
    known: Visit,
    given: VisitPart,
    practitioner: Practitioner | None,
    branch: Branch | None,
    service: Service | None,
) -> None:
    """A cancelled or missed visit that its source moves is alive again."""
    starts_at, ends_at = _span(given)
    if known.state in (State.CANCELLED, State.MISSED):
        known.practitioner = practitioner or known.practitioner
        known.branch = branch or known.branch
        known.service = service or known.service
        change.reopen(known, starts_at, ends_at)
        return
    change.move(known.pk, starts_at, ends_at, by="mis", practitioner=practitioner, branch=branch, service=service)


def _patient(event: Event, given: PatientPart) -> Patient:
    contacts = None
    if given.contacts is not None:
        contacts = tuple(ContactRecord(c.channel, c.address, c.relation or "own") for c in given.contacts)
    record = PatientRecord(
        external_id=given.id,
        family=given.family,
        given=given.given,
        patronymic=given.patronymic or "",
        birth_date=given.birth_date,
        sex=given.sex or "",
        language=given.language or "",
        contacts=contacts,
    )
    try:
        return keep(record)[0]
    except BadContact as error:
        raise Refused([Problem(event.at(f"/patient/contacts/{error.index}/address"), error.text)]) from None


def _places(event: Event, given: VisitPart) -> tuple[Practitioner | None, Service | None, Branch | None]:
    """The rows of what the visit names; every one that cannot be made is told of at once."""
    problems: list[Problem] = []
    practitioner = service = branch = None
    if given.practitioner is not None:
        doctor = given.practitioner
        practitioner = _kept(
            event, "practitioner", lambda: keep_practitioner(PractitionerData(doctor.id, doctor.name)), problems
        )
    if given.service is not None:
        done = given.service
        service = _kept(
            event, "service", lambda: keep_service(ServiceData(done.id, done.name, done.sensitive)), problems
        )
    if given.branch is not None:
        place = BranchData(**given.branch.model_dump())
        branch = _kept(event, "branch", lambda: keep_branch(place), problems)
    if problems:
        raise Refused(problems)
    return practitioner, service, branch


def _kept(event: Event, room: str, keep_it: Callable[[], T], problems: list[Problem]) -> T | None:
    try:
        return keep_it()
    except NotEnough as error:
        problems.append(Problem(event.at(f"/visit/{room}/{error.field}"), error.text))
        return None


def _span(given: VisitPart) -> tuple[datetime, datetime]:
    assert given.start is not None
    assert given.end is not None
    return given.start.astimezone(UTC), given.end.astimezone(UTC)
