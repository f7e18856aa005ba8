"""An answer on the site that nobody saw: two minutes later it goes another way, once; what is seen or open stays."""

from __future__ import annotations

from datetime import timedelta

import pytest

from priyom.clinic.models import Staff
from priyom.contracts.events import Said, SharedPhone, Started
from priyom.contracts.message import Signal
from priyom.delivery.models import Account, Delivery
from priyom.foundation.clock import clock, now
from priyom.inbox import late, visitors
from priyom.inbox.chat import conversation_of
from priyom.inbox.models import Conversation, Incoming, LateAnswer
from priyom.inbox.reply import reply
from priyom.inbox.tests.conftest import Accounts
from priyom.inbox.thread import thread
from priyom.patients.models import Patient
from tests.driver import BLOCKED, gateway, happen, rest, tell
from tests.factories import CHAT, PHONE, make_account, make_patient, make_point, make_staff

VISITOR = "visitor-0123456789"
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
SITE = {"site_url": "https://clinic.example/"}


@pytest.fixture
def site(accounts: Accounts) -> Account:
    return make_account("webchat", values=SITE)


@pytest.fixture
def anna(site: Account) -> Patient:
    """A patient with a phone who has just written on the site."""
    patient = make_patient(phone=PHONE)
    make_point(patient, "webchat", VISITOR)
    happen(site, Said(VISITOR, "Где вход?", "u1"))
    return patient


@pytest.fixture
def olga(accounts: Accounts) -> Staff:
    return make_staff()


def later(by: timedelta) -> list[Delivery]:
    """Time passes, what is due is done; what left elsewhere."""
    clock.freeze(now() + by)
    while late.late_once():
        pass
    return [row for row in rest() if row.account.channel != "webchat"]


def test_it_goes_by_sms_once_and_the_thread_says_so(anna: Patient, olga: Staff) -> None:
    reply(olga, conversation_of(anna), "Со двора")
    gateway()
    assert later(2 * MINUTE - SECOND) == []
    [left] = later(SECOND)
    assert (left.account.channel, left.address, left.origin, left.origin_id) == ("smsc", PHONE, "staff", olga.pk)
    assert left.body["text"] == "Ответ клиники в чате на сайте: Со двора"
    assert later(timedelta(days=2)) == []
    assert late.next_due() is None
    [shown] = [entry for entry in thread(conversation_of(anna)) if entry.text == "Со двора"]
    assert (shown.channel, shown.evidence) == ("webchat", "на странице не увидели, ответ ушел еще и сюда: SMS")


@pytest.mark.parametrize(("signal", "elsewhere"), [(Signal.READ, 0), (Signal.DELIVERED, 1)])
def test_what_was_seen_stays_and_what_a_hidden_page_took_does_not(
    anna: Patient, olga: Staff, signal: Signal, elsewhere: int
) -> None:
    reply(olga, conversation_of(anna), "Со двора")
    [shown] = gateway()
    tell(shown, signal)
    assert len(later(2 * MINUTE)) == elsewhere


def test_an_open_page_is_waited_for(anna: Patient, olga: Staff, site: Account) -> None:
    reply(olga, conversation_of(anna), "Со двора")
    gateway()
    for _ in range(5):
        visitors.here([(site.pk, VISITOR)])
        assert later(40 * SECOND) == []
    visitors.left([(site.pk, VISITOR)])
    assert len(later(2 * MINUTE)) == 1


def test_an_answer_that_still_waits_to_leave_is_waited_for(anna: Patient, olga: Staff) -> None:
    reply(olga, conversation_of(anna), "Со двора")
    clock.freeze(now() + 2 * MINUTE)
    assert late.late_once()
    assert late.next_due() == now() + late.WAIT
    assert Delivery.objects.filter(account__channel="smsc").count() == 0


def test_several_answers_are_one_message(anna: Patient, olga: Staff) -> None:
    for text in ("Со двора", "Домофон 12"):
        reply(olga, conversation_of(anna), text)
        clock.freeze(now() + MINUTE)
    gateway()
    [left] = later(MINUTE)
    assert left.body["text"].endswith(": Со двора\nДомофон 12")
    assert later(5 * MINUTE) == []
    assert set(LateAnswer.objects.values_list("went", "due_at")) == {(left.pk, None)}


def test_the_best_way_and_the_patients_language(site: Account, olga: Staff) -> None:
    patient = make_patient(phone=PHONE, telegram=CHAT, language="kk")
    make_point(patient, "webchat", VISITOR)
    happen(site, Said(VISITOR, "Қайда?", "u1"))
    reply(olga, conversation_of(patient), "Ауладан")
    gateway()
    [left] = later(2 * MINUTE)
    assert (left.account.channel, left.body["text"]) == ("telegram", "Сайттағы чатта клиниканың жауабы: Ауладан")


def test_one_who_has_left_the_chat_gets_it_elsewhere_too(anna: Patient, olga: Staff) -> None:
    reply(olga, conversation_of(anna), "Со двора")
    gateway(BLOCKED)
    assert [row.address for row in later(2 * MINUTE)] == [PHONE]


def test_without_another_way_it_stays_on_the_page(site: Account, olga: Staff) -> None:
    happen(site, Said(VISITOR, "Где вход?", "u1"))
    reply(olga, Conversation.objects.get(), "Со двора")
    gateway()
    assert later(2 * MINUTE) == []
    assert late.next_due() is None


def test_a_stranger_who_has_proven_a_number_is_found_by_it(site: Account, olga: Staff) -> None:
    happen(site, Said(VISITOR, "Где вход?", "u1"))
    happen(site, SharedPhone(VISITOR, PHONE, True, "u2"))
    reply(olga, Conversation.objects.get(), "Со двора")
    rest()
    [left] = later(2 * MINUTE)
    assert (left.address, left.patient_id) == (PHONE, None)


def test_other_channels_are_not_looked_after(accounts: Accounts, olga: Staff) -> None:
    patient = make_patient(telegram=CHAT)
    reply(olga, conversation_of(patient), "Здравствуйте")
    assert not LateAnswer.objects.exists()


# -- who a visitor is --


def test_nobody_is_asked_for_what_the_page_cannot_prove_by_itself(site: Account) -> None:
    make_patient(phone=PHONE)
    happen(site, Started(VISITOR))
    happen(site, SharedPhone(VISITOR, PHONE, False, "u1"))
    assert not Delivery.objects.exists()
    row = Conversation.objects.get()
    assert (row.patient, row.needs_answer, row.last_text) == (None, True, f"номер {PHONE}: не подтвержден")
    assert Incoming.objects.get().text == f"☎ {PHONE}"
    assert visitors.phone_of(site.pk, VISITOR) == ""


def test_a_proven_number_links(site: Account) -> None:
    patient = make_patient(phone=PHONE)
    happen(site, SharedPhone(VISITOR, PHONE, True, "u1"))
    assert Conversation.objects.get().patient == patient
    assert Delivery.objects.get().body["kind"] == "reply_linked"
