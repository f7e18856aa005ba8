"""Free times of a doctor, and two people who press the same one at the same moment."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta

import pytest
from django.db import connection

from priyom.appointments.change import TimeTaken, cancel, move
from priyom.appointments.free import free_times, hours
from priyom.appointments.models import Visit, WorkingHours
from priyom.foundation.clock import clock
from tests.factories import MONDAY, make_branch, make_patient, make_practitioner, make_visit

HALF, DAY = timedelta(minutes=30), timedelta(days=1)


def at(hour: int, minute: int = 0, day: int = 2) -> datetime:
    """A local moment of Almaty in March."""
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC) - timedelta(hours=5)


def test_free_times_leave_out_live_visits_only(db: None) -> None:
    clock.freeze(MONDAY)
    doctor, branch = make_practitioner(), make_branch()
    busy = make_visit(make_patient(), at(12), practitioner=doctor, branch=branch)
    gone = make_visit(make_patient(), at(12, 30), practitioner=doctor, branch=branch)
    cancel(gone.pk, by="staff")
    starts = [a for a, _ in free_times(doctor, branch, 30, MONDAY, 3)]
    assert starts == [at(11, 30), at(12, 30), at(13)]
    own = [a for a, _ in free_times(doctor, branch, 30, MONDAY, 3, leave_out=busy.pk)]
    assert own == [at(11, 30), at(12), at(12, 30)]


def test_hours_of_the_doctor_or_else_of_the_branch(db: None) -> None:
    doctor, branch = make_practitioner(), make_branch(opens=time(9), closes=time(10))
    assert hours(doctor, branch) == {day: [(time(9), time(10))] for day in range(6)}
    WorkingHours.objects.create(practitioner=doctor, branch=branch, weekday=1, opens=time(14), closes=time(15))
    assert hours(doctor, branch) == {1: [(time(14), time(15))]}
    assert free_times(doctor, branch, 30, MONDAY, 3) == [
        (at(14, 0, 3), at(14, 30, 3)), (at(14, 30, 3), at(15, 0, 3)), (at(14, 0, 10), at(14, 30, 10)),
    ]  # fmt: skip


def together(*works: Callable[[], object]) -> list[object]:
    """Results (or TimeTaken) of these, each begun in its own thread at the same moment."""
    begin, results = threading.Barrier(len(works)), list[object]()

    def run(work: Callable[[], object]) -> None:
        try:
            begin.wait()
            results.append(work())
        except TimeTaken as taken:
            results.append(taken)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return results


@pytest.mark.django_db(transaction=True)
def test_of_two_who_press_the_same_time_one_gets_it() -> None:
    clock.freeze(MONDAY)
    doctor, wanted = make_practitioner(), MONDAY + 3 * DAY
    visits = [make_visit(make_patient(), MONDAY + DAY + n * HALF, practitioner=doctor) for n in range(4)]
    works = [lambda v=v: move(v.pk, wanted, wanted + HALF, by="patient", claim_time=True) for v in visits]
    results = together(*works)
    assert len(results) == 4
    assert [isinstance(result, TimeTaken) for result in results].count(True) == 3
    assert Visit.objects.filter(starts_at=wanted).count() == 1
    assert Visit.objects.get(starts_at=wanted).version == 2


@pytest.mark.django_db(transaction=True)
def test_of_two_who_book_the_same_time_one_gets_it() -> None:
    clock.freeze(MONDAY)
    doctor, wanted = make_practitioner(), MONDAY + 3 * DAY
    anna, olga, place = make_patient(), make_patient(), make_branch()
    works = [lambda p=p: make_visit(p, wanted, practitioner=doctor, branch=place, claim=True) for p in (anna, olga)]
    results = together(*works)
    assert [isinstance(result, TimeTaken) for result in results].count(True) == 1
    assert Visit.objects.count() == 1
