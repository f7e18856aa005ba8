"""Visits change by verbs; each verb twice changes nothing more, and what is over cannot be changed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from priyom.appointments import change
from priyom.appointments.book import VisitRecord, book
from priyom.appointments.change import NotLive, TimeTaken
from priyom.appointments.models import Visit
from priyom.foundation.clock import clock
from priyom.journal.models import Fact
from tests.factories import MONDAY, make_branch, make_patient, make_practitioner, make_service, make_visit

HALF, HOUR, DAY = timedelta(minutes=30), timedelta(hours=1), timedelta(days=1)
START = MONDAY + DAY


@pytest.fixture
def visit(db: None) -> Visit:
    clock.freeze(MONDAY)
    return make_visit(make_patient(), START)


def told() -> list[str]:
    return list(Fact.objects.filter(type__startswith="Visit").order_by("id").values_list("type", flat=True))


def fresh(visit: Visit) -> Visit:
    return Visit.objects.get(pk=visit.pk)


def again(visit: Visit, start: datetime = START, /, **over: object) -> tuple[Visit, bool]:
    values = {
        "external_id": visit.external_id, "patient": visit.patient, "practitioner": visit.practitioner,
        "service": visit.service, "branch": visit.branch, "starts_at": start, "ends_at": start + HALF,
    }  # fmt: skip
    return book(VisitRecord(**{**values, **over}))  # type: ignore[arg-type]


def confirm(visit: Visit) -> bool:
    return change.confirm(visit.pk, by="patient", channel="telegram", evidence="кнопка")


def cancel(visit: Visit) -> bool:
    return change.cancel(visit.pk, by="staff", why="заболел")


def test_booked_twice_is_booked_once(visit: Visit) -> None:
    same, changed = again(visit)
    assert (same.pk, changed, same.version, same.state) == (visit.pk, False, 1, "booked")
    assert told() == ["VisitBooked"]
    assert visit.booked_at == MONDAY


def test_booked_again_at_another_time_is_a_move(visit: Visit) -> None:
    moved, changed = again(visit, START + HOUR)
    assert (changed, moved.version, moved.state, moved.moved_from) == (True, 2, "moved", START)
    assert told() == ["VisitBooked", "VisitMoved"]
    assert Fact.objects.get(type="VisitMoved").data["by"] == "mis"


@pytest.mark.parametrize("part", ["practitioner", "branch"])
def test_another_doctor_or_place_is_a_move_too(visit: Visit, part: str) -> None:
    other = make_practitioner("Ли Олег") if part == "practitioner" else make_branch()
    moved, changed = again(visit, START, **{part: other})
    assert (changed, moved.version, getattr(fresh(visit), part)) == (True, 2, other)


def test_another_service_is_no_move(visit: Visit) -> None:
    service = make_service("Осмотр")
    changed = again(visit, service=service)[1]
    assert (changed, fresh(visit).service, fresh(visit).version) == (True, service, 1)
    assert again(visit, service=service)[1] is False
    assert told() == ["VisitBooked"]


def test_move_opens_the_question_again_and_the_same_time_is_nothing(visit: Visit) -> None:
    confirm(visit)
    moved = change.move(
        visit.pk, START + HOUR, START + HOUR + HALF, by="patient", channel="telegram", evidence="кнопка"
    )
    assert (moved.state, moved.version, moved.confirmed_at, moved.confirmed_evidence) == ("moved", 2, None, "")
    change.move(visit.pk, START + HOUR, START + HOUR + HALF, by="patient")
    assert fresh(visit).version == 2
    fact = Fact.objects.get(type="VisitMoved")
    assert fact.data["old_start"] == START.isoformat()
    assert fact.data["version"] == 2


def test_confirm_twice(visit: Visit) -> None:
    assert [confirm(visit), confirm(visit)] == [True, False]
    row = fresh(visit)
    assert (row.state, row.confirmed_by, row.confirmed_channel, row.confirmed_evidence, row.confirmed_at) == (
        "confirmed", "patient", "telegram", "кнопка", MONDAY,
    )  # fmt: skip
    assert told() == ["VisitBooked", "VisitConfirmed"]


def test_cancel_twice(visit: Visit) -> None:
    confirm(visit)
    assert [cancel(visit), cancel(visit)] == [True, False]
    assert fresh(visit).state == "cancelled"
    assert told() == ["VisitBooked", "VisitConfirmed", "VisitCancelled"]


@pytest.mark.parametrize(
    ("verb", "state", "fact"),
    [
        (change.arrive, "arrived", "VisitArrived"),
        (change.complete, "completed", "VisitCompleted"),
        (change.miss, "missed", "VisitMissed"),
    ],
)
def test_ends_twice(visit: Visit, verb: Callable[[int], bool], state: str, fact: str) -> None:
    assert [verb(visit.pk), verb(visit.pk)] == [True, False]
    assert fresh(visit).state == state
    assert told() == ["VisitBooked", fact]


@pytest.mark.parametrize("end", [cancel, lambda v: change.arrive(v.pk), lambda v: change.complete(v.pk)])
def test_what_is_over_stays_so(visit: Visit, end: Callable[[Visit], bool]) -> None:
    end(visit)
    verbs: list[Callable[[], object]] = [
        lambda: change.move(visit.pk, START + HOUR, START + HOUR + HALF, by="mis"),
        lambda: confirm(visit),
        lambda: change.miss(visit.pk),
    ]
    for verb in verbs:
        with pytest.raises(NotLive):
            verb()
    assert len(told()) == 2


def test_who_arrived_or_was_thought_missing_can_complete(visit: Visit) -> None:
    change.miss(visit.pk)
    with pytest.raises(NotLive):
        change.arrive(visit.pk)
    assert change.complete(visit.pk)
    with pytest.raises(NotLive):
        cancel(visit)


@pytest.mark.parametrize("end", [cancel, lambda v: change.miss(v.pk)])
def test_reopened_by_its_source_it_is_as_if_new(visit: Visit, end: Callable[[Visit], bool]) -> None:
    confirm(visit)
    change.give_up(visit.pk)
    end(visit)
    clock.freeze(MONDAY + HOUR)
    doctor = make_practitioner("Ли Олег")
    row, changed = again(visit, START + DAY, practitioner=doctor)
    assert (changed, row.state, row.version, row.starts_at, row.practitioner) == (
        True, "booked", 2, START + DAY, doctor,
    )  # fmt: skip
    row = fresh(visit)
    assert (row.booked_at, row.confirmed_at, row.unreachable_at, row.practitioner) == (
        MONDAY + HOUR, None, None, doctor,
    )  # fmt: skip
    assert told()[-1] == "VisitBooked"
    assert Fact.objects.filter(type="VisitBooked").last().data["version"] == 2  # type: ignore[union-attr]


def test_history_is_told_to_nobody_and_does_not_change(db: None) -> None:
    clock.freeze(MONDAY)
    old = make_visit(make_patient(), MONDAY - DAY, history=True, state="missed")
    assert (old.state, old.history, told()) == ("missed", True, [])
    same, changed = again(old, MONDAY - 2 * DAY, history=True, state="completed")
    assert (changed, same.state, same.starts_at) == (False, "missed", MONDAY - DAY)


def test_given_up_only_while_the_question_is_open(visit: Visit) -> None:
    change.give_up(visit.pk)
    assert fresh(visit).unreachable_at == MONDAY
    confirm(visit)
    assert fresh(visit).unreachable_at is None
    change.give_up(visit.pk)
    assert fresh(visit).unreachable_at is None


def test_a_visit_ends_after_it_begins(db: None) -> None:
    with pytest.raises(IntegrityError, match="visit_ends_after_start"), transaction.atomic():
        make_visit(make_patient(), START, ends_at=START)


def test_a_claimed_time_is_refused_when_taken_and_the_source_is_never_refused(visit: Visit) -> None:
    doctor, late = visit.practitioner, START + timedelta(minutes=10)
    with pytest.raises(TimeTaken):
        make_visit(make_patient(), late, practitioner=doctor, claim=True)
    other = make_visit(make_patient(), START + HALF, practitioner=doctor, claim=True)
    assert other.claimed
    with pytest.raises(TimeTaken):
        change.move(other.pk, START, START + HALF, by="patient", claim_time=True)
    assert fresh(other).version == 1
    moved = change.move(other.pk, START, START + HALF, by="mis")
    assert (moved.claimed, moved.starts_at) == (False, START)


def test_a_cancelled_time_is_free_at_once(visit: Visit) -> None:
    cancel(visit)
    assert make_visit(make_patient(), START, practitioner=visit.practitioner, claim=True).claimed


def test_one_may_overlap_oneself_when_moving(visit: Visit) -> None:
    late = START + timedelta(minutes=10)
    assert change.move(visit.pk, late, late + HALF, by="patient", claim_time=True).starts_at == late


def test_the_database_itself_refuses_two_claims_of_one_time(visit: Visit) -> None:
    other = make_visit(make_patient(), START + timedelta(minutes=10), practitioner=visit.practitioner)
    Visit.objects.filter(pk=visit.pk).update(claimed=True)
    with pytest.raises(IntegrityError, match="visit_claimed_time_is_one"), transaction.atomic():
        Visit.objects.filter(pk=other.pk).update(claimed=True)
    Visit.objects.filter(pk=visit.pk).update(state="cancelled")
    Visit.objects.filter(pk=other.pk).update(claimed=True)
