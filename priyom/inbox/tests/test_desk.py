"""The registrars' side: call tasks that close themselves, replies on the right channel, one thread in order."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from priyom.appointments import change
from priyom.appointments.models import Visit
from priyom.clinic.models import Staff
from priyom.consent.change import withdraw
from priyom.contracts.message import Signal
from priyom.delivery.models import Delivery
from priyom.foundation.clock import clock
from priyom.inbox import call, tasks
from priyom.inbox.chat import conversation_of
from priyom.inbox.link import link_by_staff
from priyom.inbox.models import CallTask, Conversation
from priyom.inbox.read import read, settle, unsettle
from priyom.inbox.reply import NowhereToWrite, reply, where
from priyom.inbox.tests.conftest import Accounts
from priyom.inbox.thread import Entry, thread
from priyom.journal.models import Fact
from priyom.notifications.notify import Order, notify
from priyom.patients.models import ContactPoint
from tests.driver import REJECTED, gateway, press, rest, say, settle_house
from tests.factories import CHAT, MONDAY, PHONE, make_patient, make_staff, make_visit

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def visit(accounts: Accounts) -> Visit:
    return make_visit(make_patient(telegram=CHAT, phone=PHONE), MONDAY + DAY)


@pytest.fixture
def olga(accounts: Accounts) -> Staff:
    return make_staff()


def task_of(visit: Visit) -> CallTask:
    return tasks.open_call_task(visit, "нет ответа", MONDAY + 20 * HOUR)


def stand(task: CallTask) -> tuple[str, str]:
    row = CallTask.objects.get(pk=task.pk)
    return row.state, row.result


def told() -> list[str]:
    return list(Fact.objects.filter(type__startswith="CallTask").order_by("id").values_list("type", flat=True))


def test_one_open_task_per_visit_and_what_was_tried(visit: Visit) -> None:
    notify(Order(visit, "reminder_24h", "answered", must_reach=True))
    rest(lambda d: REJECTED if d.account.channel == "telegram" else Signal.ACCEPTED)
    task = task_of(visit)
    assert task_of(visit) == task
    assert [(t["channel"], t["address"], t["result"]) for t in task.tried] == [
        ("telegram", CHAT, "не отправлено: Telegram (шлюз отказал)"),
        ("smsc", PHONE, "передано SMS, ждем отчета о доставке"),
    ]
    assert told() == ["CallTaskOpened"]
    with pytest.raises(IntegrityError, match="call_task_open_once"), transaction.atomic():
        CallTask.objects.create(patient=visit.patient, visit=visit, why="", created_at=MONDAY, due_at=MONDAY)


@pytest.mark.parametrize(
    ("outcome", "state", "result"),
    [("confirmed", "confirmed", "придет"), ("cancelled", "cancelled", "отменил"), ("other", "booked", "другое")],
)
def test_done(visit: Visit, olga: Staff, outcome: str, state: str, result: str) -> None:
    task = task_of(visit)
    call.take(task, olga)
    call.done(task, olga, outcome, "в пять")
    settle_house()
    assert stand(task) == ("done", f"{result}. в пять")
    row = Visit.objects.get(pk=visit.pk)
    assert row.state == state
    if outcome == "confirmed":
        assert (row.confirmed_by, row.confirmed_evidence) == ("staff", "по телефону, Ольга Ли")
    assert told() == ["CallTaskOpened", "CallTaskClosed"]


def test_no_answer_is_tried_again(visit: Visit, olga: Staff) -> None:
    task = task_of(visit)
    call.take(task, olga)
    call.no_answer(task, olga)
    row = CallTask.objects.get()
    assert (row.state, row.next_try_at, row.taken_by) == ("open", MONDAY + 30 * MINUTE, None)
    assert [(t["channel"], t["address"], t["result"]) for t in row.tried] == [("call", PHONE, "не ответил, Ольга Ли")]
    assert len(task_of(visit).tried) == 1  # opened again, the calls stay


def test_unreached_says_so_on_the_visit(visit: Visit, olga: Staff) -> None:
    task = task_of(visit)
    call.unreached(task, olga)
    assert stand(task) == ("unreached", "не удалось дозвониться")
    assert Visit.objects.get(pk=visit.pk).unreachable_at == MONDAY


def test_a_closed_task_is_closed(visit: Visit, olga: Staff) -> None:
    task = task_of(visit)
    call.done(task, olga, "other")
    for verb in (call.no_answer, call.unreached, lambda t, s: call.done(t, s, "confirmed")):
        with pytest.raises(tasks.NotOpen):
            verb(task, olga)
    assert Visit.objects.get(pk=visit.pk).state == "booked"
    call.take(task, olga)
    assert CallTask.objects.get().taken_by is None


def test_it_closes_itself_on_the_patients_own_word(visit: Visit) -> None:
    task = task_of(visit)
    change.confirm(visit.pk, by="patient", channel="telegram", evidence="кнопка в Telegram")
    settle_house()
    assert stand(task) == ("answered", "кнопка в Telegram")


@pytest.mark.parametrize(("by", "state"), [("patient", "answered"), ("mis", "dropped")])
def test_it_closes_itself_when_the_visit_moves_or_falls(visit: Visit, by: str, state: str) -> None:
    task = task_of(visit)
    moved = change.move(visit.pk, MONDAY + 2 * DAY, MONDAY + 2 * DAY + HOUR, by=by)
    settle_house()
    assert stand(task) == (state, "визит перенесен")
    task = task_of(moved)
    change.cancel(visit.pk, by=by)
    settle_house()
    assert stand(task) == (state, "визит отменен")


@pytest.mark.parametrize(
    ("verb", "result"),
    [(change.arrive, "пациент пришел"), (change.complete, "визит состоялся"), (change.miss, "пациент не пришел")],
)
def test_it_closes_itself_when_the_visit_is_over(visit: Visit, verb: object, result: str) -> None:
    task = task_of(visit)
    verb(visit.pk)  # type: ignore[operator]
    settle_house()
    assert stand(task) == ("dropped", result)


# -- replies --


def test_the_answer_goes_where_the_patient_last_spoke(visit: Visit, olga: Staff, accounts: Accounts) -> None:
    say(accounts["smsc"], PHONE, "Где вход?")
    row = conversation_of(visit.patient)
    route = where(row)
    assert route is not None
    assert (route.account, route.address, route.channel_title, route.costs) == (accounts["smsc"], PHONE, "SMS", True)
    say(accounts["telegram"], CHAT, "Ау")
    left = Delivery.objects.get(pk=reply(olga, row, "  Со двора  "))
    assert (left.account, left.body, left.origin, left.origin_id) == (
        accounts["telegram"], {"text": "Со двора"}, "staff", olga.pk,
    )  # fmt: skip
    row.refresh_from_db()
    assert (row.unread, row.needs_answer, row.last_text) == (0, False, "Со двора")


def test_else_the_best_open_way_or_nowhere(visit: Visit, olga: Staff, accounts: Accounts) -> None:
    row = conversation_of(visit.patient)
    assert where(row).account == accounts["telegram"]  # type: ignore[union-attr]
    say(accounts["telegram"], CHAT, "стоп")
    assert where(row).account == accounts["smsc"]  # type: ignore[union-attr]
    say(accounts["telegram"], CHAT, "А где парковка?")  # whoever writes may be answered there
    assert where(row).account == accounts["telegram"]  # type: ignore[union-attr]
    say(accounts["telegram"], CHAT, "стоп")
    withdraw(visit.patient, "service", "", "x", "")
    assert where(row) is None
    with pytest.raises(NowhereToWrite):
        reply(olga, row, "Здравствуйте")
    with pytest.raises(ValueError, match="пустое"):
        reply(olga, row, " ")


def test_a_stranger_is_answered_in_their_chat(olga: Staff, accounts: Accounts) -> None:
    say(accounts["telegram"], CHAT, "Здравствуйте")
    row = Conversation.objects.get()
    left = Delivery.objects.get(pk=reply(olga, row, "Кто вы?"))
    assert (left.address, left.patient) == (CHAT, None)
    patient = make_patient()
    linked = link_by_staff(row, patient)
    assert linked.patient == patient
    assert ContactPoint.objects.get().linked_by == "staff"
    with pytest.raises(ValueError, match="принадлежит"):
        link_by_staff(linked, make_patient())


def test_read_is_not_answered(visit: Visit, accounts: Accounts) -> None:
    say(accounts["telegram"], CHAT, "Где вход?")
    row = conversation_of(visit.patient)
    read(row)
    row.refresh_from_db()
    assert (row.unread, row.needs_answer) == (0, True)
    settle(row)
    row.refresh_from_db()
    assert not row.needs_answer
    unsettle(row)
    row.refresh_from_db()
    assert row.needs_answer


# -- the thread --


def test_one_thread_over_all_channels_in_order(visit: Visit, olga: Staff, accounts: Accounts) -> None:
    notify(Order(visit, "reminder_24h", "answered"))
    [left] = rest()
    clock.freeze(MONDAY + MINUTE)
    press(left, "Приду")
    clock.freeze(MONDAY + 2 * MINUTE)
    say(accounts["smsc"], PHONE, "Где вход?")
    clock.freeze(MONDAY + 3 * MINUTE)
    reply(olga, conversation_of(visit.patient), "Со двора")
    gateway()
    make_visit(make_patient(), MONDAY + DAY)  # another patient's thread is another
    entries = [e for e in thread(conversation_of(visit.patient)) if e.kind != "reply_confirmed"]
    assert [(e.direction, e.channel, e.text[:12], e.pressed, e.automatic) for e in entries] == [
        ("out", "telegram", left.body["text"][:12], False, True),
        ("in", "telegram", "Приду", True, False),
        ("in", "smsc", "Где вход?", False, False),
        ("out", "smsc", "Со двора", False, False),
    ]
    assert entries[0].buttons == ("Приду", "Перенести", "Отменить")
    assert (entries[0].signal, entries[3].signal, entries[3].staff_name) == ("answered", "accepted", "Ольга Ли")


def test_words_of_one_moment_stand_before_our_answer_to_them(visit: Visit, accounts: Accounts) -> None:
    say(accounts["telegram"], CHAT, "стоп")
    rest()
    assert [e.text[:6] for e in thread(conversation_of(visit.patient))] == ["стоп", "Больше"]


def test_pages_of_a_thread_meet_without_loss_or_doubling(visit: Visit, olga: Staff, accounts: Accounts) -> None:
    row = conversation_of(visit.patient)
    for number in range(12):
        clock.freeze(MONDAY + number * MINUTE)
        reply(olga, row, f"слово {number}")
        clock.freeze(MONDAY + (number + 3) * MINUTE)  # it leaves later than the next one is written
        if number % 2:
            gateway()
    whole = thread(row)
    assert len({entry.id for entry in whole}) == len(whole) == 12
    pages: list[Entry] = []
    before = None
    for _ in range(4):
        page = thread(row, before, 5)
        if not page:
            break
        pages = page + pages
        before = page[0].at
    assert len(pages) >= 10
    assert len({entry.id for entry in pages}) == len(pages)
    assert [entry.at for entry in whole] == sorted(entry.at for entry in whole)
