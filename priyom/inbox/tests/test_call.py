"""A call: in one hand at a time, its result taken back or carried out, a wrong number marked for every message."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

import pytest
from django.db import connection

from priyom.appointments import change
from priyom.appointments.models import Visit
from priyom.clinic.models import House, Staff
from priyom.foundation.clock import clock
from priyom.inbox import call, numbers, presence, tasks
from priyom.inbox.desk_models import Here
from priyom.inbox.models import CallTask
from priyom.inbox.tests.conftest import Accounts
from priyom.notifications.ways import ways
from tests.driver import say, settle_house
from tests.factories import CHAT, MONDAY, PHONE, make_patient, make_point, make_staff, make_visit

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
SECOND_PHONE = "+77017654321"


@pytest.fixture
def visit(accounts: Accounts) -> Visit:
    House.objects.update_or_create(pk=1, defaults={"undo_seconds": 5})
    return make_visit(make_patient(telegram=CHAT, phone=PHONE), MONDAY + DAY)


@pytest.fixture
def task(visit: Visit) -> CallTask:
    return tasks.open_call_task(visit, "нет ответа", MONDAY + 20 * HOUR)


@pytest.fixture
def olga(visit: Visit) -> Staff:
    return make_staff()


@pytest.fixture
def vera(visit: Visit) -> Staff:
    staff = make_staff()
    Staff.objects.filter(pk=staff.pk).update(first_name="Вера")
    staff.refresh_from_db()
    return staff


def holder(task: CallTask) -> str:
    return CallTask.objects.get(pk=task.pk).taken_name


def state(visit: Visit) -> str:
    return Visit.objects.get(pk=visit.pk).state


# -- in one hand --


def test_the_second_is_told_who_is_calling(task: CallTask, olga: Staff, vera: Staff) -> None:
    assert call.take(task, olga)
    assert not call.take(task, vera)
    assert holder(task) == "Ольга Ли"
    with pytest.raises(call.InHand, match="Ольга Ли"):
        call.note(task, vera, call.Said("confirmed"))
    assert call.take(task, vera, over=True)
    assert holder(task) == "Вера Ли"
    with pytest.raises(call.InHand, match="Вера Ли"):
        call.note(task, olga, call.Said("confirmed"))


@pytest.mark.parametrize(("minutes", "free"), [(14, False), (15, True)])
def test_a_taking_lasts_a_quarter_of_an_hour(
    task: CallTask, olga: Staff, vera: Staff, minutes: int, free: bool
) -> None:  # fmt: skip
    call.take(task, olga)
    clock.freeze(MONDAY + minutes * MINUTE)
    assert call.take(task, vera) is free


@pytest.mark.parametrize(("minutes", "free"), [(2, False), (3, True)])
def test_it_is_free_when_they_have_no_page_open(
    task: CallTask, olga: Staff, vera: Staff, minutes: int, free: bool
) -> None:  # fmt: skip
    presence.beat(olga)
    call.take(task, olga)
    clock.freeze(MONDAY + minutes * MINUTE)
    assert call.take(task, vera) is free


def test_who_was_not_at_the_desk_has_what_they_take(task: CallTask, olga: Staff, vera: Staff) -> None:
    """By messenger, or in the first second after the computer woke: no page has told yet that they are there."""
    presence.beat(olga)
    clock.freeze(MONDAY + 10 * MINUTE)
    assert call.take(task, olga)
    for minutes in (10, 24):
        clock.freeze(MONDAY + minutes * MINUTE)
        assert not call.take(task, vera)
    presence.beat(olga)  # a page of theirs is open again: it tells when they leave
    clock.freeze(MONDAY + 24 * MINUTE + presence.GONE_AFTER)
    assert call.take(task, vera)


@pytest.mark.parametrize("leaves", [Here.BREAK, Here.AWAY])
def test_who_leaves_lets_go(task: CallTask, olga: Staff, vera: Staff, leaves: Here) -> None:
    call.take(task, olga)
    presence.say(olga, leaves)
    assert holder(task) == ""
    assert call.take(task, vera)


def test_one_calls_one_at_a_time(task: CallTask, olga: Staff) -> None:
    other = tasks.open_call_task(make_visit(make_patient(phone=SECOND_PHONE), MONDAY + DAY), "x", MONDAY + HOUR)
    call.take(task, olga)
    call.take(other, olga)
    assert (holder(task), holder(other)) == ("", "Ольга Ли")


def test_only_ones_own_is_given_back(task: CallTask, olga: Staff, vera: Staff) -> None:
    call.take(task, olga)
    call.free(task, vera)
    assert holder(task) == "Ольга Ли"
    call.free(task, olga)
    assert holder(task) == ""


@pytest.mark.django_db(transaction=True)
def test_of_two_at_once_one_gets_it(task: CallTask, olga: Staff, vera: Staff) -> None:
    start, won = threading.Barrier(2), []

    def press(staff: Staff) -> None:
        start.wait()
        if call.take(task, staff):
            won.append(staff)
        connection.close()

    presses = [threading.Thread(target=press, args=[one]) for one in (olga, vera)]
    for one in presses:
        one.start()
    for one in presses:
        one.join()
    assert len(won) == 1
    assert CallTask.objects.get().taken_by == won[0]


# -- the result --


def test_it_is_carried_out_when_it_can_no_longer_be_taken_back(task: CallTask, visit: Visit, olga: Staff) -> None:
    assert call.note(task, olga, call.Said("confirmed"))
    assert (state(visit), call.next_due()) == ("booked", MONDAY + timedelta(seconds=5))
    assert not call.carry_out_once()
    clock.freeze(MONDAY + timedelta(seconds=5))
    assert call.carry_out_once()
    assert not call.carry_out_once()
    row = Visit.objects.get(pk=visit.pk)
    assert (row.state, row.confirmed_evidence) == ("confirmed", "по телефону, Ольга Ли")
    assert CallTask.objects.get().result == "придет"
    assert call.next_due() is None


def test_taken_back_nothing_has_happened(task: CallTask, visit: Visit, olga: Staff, vera: Staff) -> None:
    call.note(task, olga, call.Said("cancelled"))
    with pytest.raises(call.TooLate):
        call.take_back(task, vera)
    call.take_back(task, olga)
    clock.freeze(MONDAY + MINUTE)
    assert not call.carry_out_once()
    assert (state(visit), CallTask.objects.get().state, holder(task)) == ("booked", "open", "Ольга Ли")
    with pytest.raises(call.TooLate):
        call.take_back(task, olga)


def test_a_result_is_noted_once(task: CallTask, olga: Staff, vera: Staff) -> None:
    call.note(task, olga, call.Said("confirmed"))
    with pytest.raises(call.NotOpen):
        call.note(task, olga, call.Said("cancelled"))
    assert not call.take(task, vera, over=True)


def test_without_a_moment_to_take_it_back_it_is_done_at_once(task: CallTask, visit: Visit, olga: Staff) -> None:
    House.objects.update(undo_seconds=0)
    assert not call.note(task, olga, call.Said("confirmed"))
    assert state(visit) == "confirmed"


def test_a_move_by_phone(task: CallTask, visit: Visit, olga: Staff) -> None:
    call.note(task, olga, call.Said("moved", to=MONDAY + 2 * DAY))
    clock.freeze(MONDAY + MINUTE)
    call.carry_out_once()
    row = Visit.objects.get(pk=visit.pk)
    assert (row.state, row.starts_at, row.ends_at) == ("moved", MONDAY + 2 * DAY, MONDAY + 2 * DAY + 30 * MINUTE)
    assert CallTask.objects.get().result == "перенес на 04.03 11:00"


def test_a_time_somebody_has_is_refused_at_once_and_later(task: CallTask, visit: Visit, olga: Staff) -> None:
    taken = make_visit(make_patient(phone=SECOND_PHONE), MONDAY + 3 * DAY, practitioner=visit.practitioner)
    with pytest.raises(call.TimeTaken):
        call.note(task, olga, call.Said("moved", to=taken.starts_at))
    call.note(task, olga, call.Said("moved", to=MONDAY + 2 * DAY))
    change.move(taken.pk, MONDAY + 2 * DAY, MONDAY + 2 * DAY + HOUR, by="mis")
    clock.freeze(MONDAY + MINUTE)
    assert call.carry_out_once()
    row = CallTask.objects.get(visit=visit)
    assert (row.state, row.taken_name, row.said, state(visit)) == ("open", "", None, "booked")
    assert row.tried[-1]["result"] == "не вышло перенести: это время только что заняли"


def test_later_is_before_the_last_moment(task: CallTask, olga: Staff) -> None:
    for wrong in (MONDAY, MONDAY + 20 * HOUR + MINUTE):
        with pytest.raises(call.TooLate):
            call.note(task, olga, call.Said("later", again=wrong))
    call.note(task, olga, call.Said("later", again=MONDAY + 2 * HOUR))
    clock.freeze(MONDAY + MINUTE)
    call.carry_out_once()
    row = CallTask.objects.get()
    assert (row.next_try_at, row.taken_name, row.state) == (MONDAY + 2 * HOUR, "", "open")


def test_an_overdue_call_may_be_put_off_until_the_visit(task: CallTask, visit: Visit, olga: Staff) -> None:
    clock.freeze(MONDAY + 21 * HOUR)
    assert call.latest(task) == visit.starts_at
    assert call.note(task, olga, call.Said("later", again=MONDAY + 23 * HOUR))


def test_the_patients_own_answer_comes_before_what_was_noted(task: CallTask, visit: Visit, olga: Staff) -> None:
    call.note(task, olga, call.Said("cancelled"))
    change.confirm(visit.pk, by="patient", channel="telegram", evidence="кнопка в Telegram")
    settle_house()
    clock.freeze(MONDAY + MINUTE)
    assert not call.carry_out_once()
    assert (state(visit), CallTask.objects.get().state) == ("confirmed", "answered")


def test_words_of_the_patient_do_not_undo_what_was_heard(
    task: CallTask, visit: Visit, olga: Staff, accounts: Accounts
) -> None:  # fmt: skip
    call.note(task, olga, call.Said("confirmed"))
    say(accounts["telegram"], CHAT, "А где у вас вход?")
    settle_house()
    clock.freeze(MONDAY + MINUTE)
    call.carry_out_once()
    assert state(visit) == "confirmed"


def test_a_visit_that_fell_meanwhile_closes_the_task(task: CallTask, visit: Visit, olga: Staff) -> None:
    call.note(task, olga, call.Said("confirmed"))
    change.cancel(visit.pk, by="mis")
    clock.freeze(MONDAY + MINUTE)
    assert call.carry_out_once()
    assert (CallTask.objects.get().state, state(visit)) == ("dropped", "cancelled")


@pytest.mark.parametrize(
    "said",
    [
        call.Said("later", again=datetime(2026, 3, 2, 9, tzinfo=MONDAY.tzinfo)),
        call.Said("moved", "к другому", to=MONDAY),
    ],
)
def test_what_was_noted_is_read_back_the_same(said: call.Said) -> None:
    assert call.Said.of(said.stored()) == said


# -- numbers --


def test_no_message_goes_to_a_wrong_number(task: CallTask, visit: Visit, olga: Staff) -> None:
    mother = make_point(visit.patient, "phone", SECOND_PHONE, relation="mother")
    own = visit.patient.contacts.get(kind="phone", address=PHONE)
    assert [(n.point, n.wrong) for n in numbers.numbers(visit.patient)] == [(own, False), (mother, False)]
    numbers.wrong(task, own, olga)
    assert [(n.point, n.wrong) for n in numbers.numbers(visit.patient)] == [(mother, False), (own, True)]
    assert PHONE not in {way.address for way in ways(visit.patient_id, "service", "delivered")}
    assert CallTask.objects.get().tried[-1]["result"] == "неверный номер, Ольга Ли"
    numbers.right(task, own)
    assert [n.wrong for n in numbers.numbers(visit.patient)] == [False, False]
    assert PHONE in {way.address for way in ways(visit.patient_id, "service", "delivered")}
    assert CallTask.objects.get().tried == []
