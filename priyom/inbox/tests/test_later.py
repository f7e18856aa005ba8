"""Answers that have not left yet: they wait, are taken back without a trace, sent at once, and follow one another."""

from __future__ import annotations

from datetime import timedelta

import pytest

from priyom.clinic.models import House, Staff
from priyom.delivery.models import Delivery
from priyom.foundation.clock import clock, now
from priyom.inbox import later
from priyom.inbox.chat import conversation_of
from priyom.inbox.desk_models import Wait
from priyom.inbox.later import AlreadyLeft, Hold, moment_to_undo, send_now, take_back, waiting
from priyom.inbox.models import Conversation, LateAnswer
from priyom.inbox.reply import WindowClosed, keep, reply
from priyom.inbox.tests.conftest import Accounts
from priyom.inbox.thread import thread
from priyom.inbox.turn import asks
from tests.driver import gateway
from tests.factories import CHAT, MONDAY, make_account, make_patient, make_reach, make_staff

pytestmark = pytest.mark.django_db
SOON, TOMORROW = MONDAY + timedelta(seconds=5), MONDAY + timedelta(days=1)


@pytest.fixture
def olga() -> Staff:
    return make_staff()


@pytest.fixture
def chat(accounts: Accounts) -> Conversation:
    """Somebody who waits for an answer in Telegram, since the clock stands."""
    row = conversation_of(make_patient(telegram=CHAT))
    asks(row, "Где вход?", MONDAY)
    Conversation.objects.filter(pk=row.pk).update(last_text="Где вход?", last_at=MONDAY)
    return Conversation.objects.get(pk=row.pk)


def fresh(chat: Conversation) -> Conversation:
    return Conversation.objects.get(pk=chat.pk)


def texts(chat: Conversation) -> list[str]:
    return [entry.text for entry in thread(chat)]


def test_it_is_no_message_before_it_has_left(chat: Conversation, olga: Staff) -> None:
    reply(olga, chat, "Со двора", hold=Hold(SOON))
    assert [(one.text, one.left, one.chosen, one.staff_name) for one in waiting(chat)] == [
        ("Со двора", 5.0, False, "Ольга Ли")
    ]
    assert texts(chat) == []
    gateway()
    assert Delivery.objects.get().state == "waiting"
    clock.freeze(SOON)
    assert (waiting(chat), texts(chat)) == ([], ["Со двора"])
    gateway()
    assert Delivery.objects.get().signal == "accepted"


def test_taken_back_it_was_never_written(chat: Conversation, olga: Staff) -> None:
    before = fresh(chat)
    files = [keep("памятка.pdf", "application/pdf", b"%PDF")]
    made = reply(olga, chat, "Со двора", files, "77", hold=Hold(SOON))
    assert (fresh(chat).needs_answer, fresh(chat).awaits_patient) == (False, True)
    taken = take_back(chat, made)
    assert (taken.text, list(taken.files), taken.quoting) == ("Со двора", files, "77")
    assert not Delivery.objects.exists()
    after = fresh(chat)
    for name in ("needs_answer", "waiting_since", "promised_until", "awaits_patient", "last_at", "last_text"):
        assert getattr(after, name) == getattr(before, name), name
    assert Wait.objects.get().ended_at is None
    with pytest.raises(AlreadyLeft):
        take_back(chat, made)


def test_what_has_left_or_is_leaving_stays(chat: Conversation, olga: Staff) -> None:
    made = reply(olga, chat, "Со двора", hold=Hold(SOON))
    Delivery.objects.filter(pk=made).update(state="sending", tries=1)
    with pytest.raises(AlreadyLeft):
        take_back(chat, made)
    Delivery.objects.filter(pk=made).update(state="waiting")  # given back by the pump: it may stand in the chat
    with pytest.raises(AlreadyLeft):
        take_back(chat, made)
    at_once = reply(olga, chat, "И еще")
    with pytest.raises(AlreadyLeft):
        take_back(chat, at_once)
    other = conversation_of(make_patient(given="Борис", telegram="777"))
    held = reply(olga, chat, "Третье", hold=Hold(SOON))
    with pytest.raises(AlreadyLeft):
        take_back(other, held)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_of_two_in_a_row_the_last_one_taken_back_gives_the_turn_back(
    chat: Conversation, olga: Staff, order: tuple[int, int]
) -> None:
    made = [reply(olga, chat, text, hold=Hold(SOON)) for text in ("Со двора", "Второй подъезд")]
    assert [one.text for one in waiting(chat)] == ["Со двора", "Второй подъезд"]
    take_back(chat, made[order[0]])
    assert (fresh(chat).needs_answer, fresh(chat).awaits_patient) == (False, True)
    take_back(chat, made[order[1]])
    assert (fresh(chat).needs_answer, fresh(chat).waiting_since) == (True, MONDAY)
    assert (fresh(chat).last_text, fresh(chat).last_at) == ("Где вход?", MONDAY)


def test_an_answer_that_left_meanwhile_keeps_the_turn(chat: Conversation, olga: Staff) -> None:
    made = reply(olga, chat, "Завтра напомним", hold=Hold(TOMORROW, chosen=True))
    reply(olga, chat, "Со двора")
    take_back(chat, made)
    assert (fresh(chat).needs_answer, fresh(chat).awaits_patient) == (False, True)


def test_nobodys_turn_stays_nobodys(accounts: Accounts, olga: Staff) -> None:
    row = conversation_of(make_patient(telegram=CHAT))
    made = reply(olga, row, "Как самочувствие?", hold=Hold(SOON))
    assert fresh(row).awaits_patient
    take_back(row, made)
    assert (fresh(row).awaits_patient, fresh(row).needs_answer) == (False, False)


def test_an_hour_is_chosen_and_no_answer_is_counted_before_it(chat: Conversation, olga: Staff) -> None:
    made = reply(olga, chat, "Доброе утро", hold=Hold(TOMORROW, chosen=True))
    assert [(one.due_at, one.chosen) for one in waiting(chat)] == [(TOMORROW, True)]
    assert Wait.objects.get().ending == "settled"
    now_out = send_now(chat, made)
    assert (waiting(chat), texts(chat)) == ([], ["Доброе утро"])
    left = Delivery.objects.get()
    assert (left.pk, left.due_at, left.origin_id) == (now_out, MONDAY, olga.pk)
    with pytest.raises(AlreadyLeft):
        send_now(chat, made)


def test_an_hour_behind_the_window_is_refused(olga: Staff) -> None:
    clock.freeze(MONDAY)
    account, patient = make_account("whatsapp"), make_patient(whatsapp="+77015550101")
    make_reach(patient, "whatsapp", account.channel, answered_at=MONDAY - timedelta(hours=20))
    row = conversation_of(patient)
    reply(olga, row, "Через три часа", hold=Hold(MONDAY + timedelta(hours=3), chosen=True))
    with pytest.raises(WindowClosed):
        reply(olga, row, "Через пять", hold=Hold(MONDAY + timedelta(hours=5), chosen=True))


def test_an_answer_on_a_page_is_looked_after_when_it_has_left(olga: Staff) -> None:
    clock.freeze(MONDAY)
    account = make_account("webchat")
    row = Conversation.objects.create(account=account, address="v1", last_at=now())
    reply(olga, row, "Доброе утро", hold=Hold(TOMORROW, chosen=True))
    assert LateAnswer.objects.get().due_at == TOMORROW + timedelta(minutes=2)


def test_the_house_says_how_long(db: None) -> None:
    clock.freeze(MONDAY)
    House.objects.update_or_create(pk=1, defaults={"undo_seconds": 7})
    assert moment_to_undo() == Hold(MONDAY + timedelta(seconds=7))
    House.objects.update(undo_seconds=0)
    assert moment_to_undo() is None
    assert later.waiting(conversation_of(make_patient())) == []
