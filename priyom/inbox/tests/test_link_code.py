"""The code that shows whose an unknown chat is."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from priyom.clinic.models import Staff
from priyom.contracts.events import Said
from priyom.delivery.models import Account, Delivery
from priyom.foundation.clock import clock, now
from priyom.inbox import link_code
from priyom.inbox.chat import Chat
from priyom.inbox.models import Conversation, Incoming
from priyom.inbox.receive import said
from priyom.patients.models import ContactPoint
from tests import factories as make

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def monday() -> None:
    clock.freeze(make.MONDAY)


@pytest.fixture
def staff(db: None) -> Staff:
    return make.make_staff()


@pytest.fixture
def account(db: None) -> Account:
    make.make_account("smsc")
    return make.make_account("telegram")


@pytest.fixture
def point(db: None) -> ContactPoint:
    return make.make_patient(phone=make.PHONE).contacts.get()


def stranger(account: Account, address: str = "909") -> Conversation:
    return Conversation.objects.create(account=account, address=address, name="Кто-то", last_at=now())


def code_of(delivery: Delivery) -> str:
    found = re.search(r"\d{5}", delivery.body["text"])
    assert found is not None
    return found[0]


def other_than(code: str) -> str:
    return f"{(int(code) + 1) % 100000:05}"


def test_the_right_code_ties_the_chat_with_all_that_was_said(
    staff: Staff, account: Account, point: ContactPoint
) -> None:
    chat = stranger(account)
    Incoming.objects.create(conversation=chat, account=account, address="909", at=now(), text="Можно записаться?")
    ours = Delivery.objects.create(
        account=account, address="909", body={"text": "Кто вы?"}, origin="staff", created_at=now(), due_at=now()
    )
    link_code.send(chat, point, staff)
    code = code_of(Delivery.objects.get(address=make.PHONE))
    assert link_code.prove(chat, other_than(code)) is None
    linked = link_code.prove(chat, f"код {code}")
    assert linked is not None
    assert (linked.patient, linked.address, linked.linked_by) == (point.patient, "909", "phone")
    assert [row.text for row in point.patient.conversation.incoming.all()] == ["Можно записаться?"]
    ours.refresh_from_db()
    assert ours.patient == point.patient


def test_the_third_wrong_code_is_the_last(staff: Staff, account: Account, point: ContactPoint) -> None:
    chat = stranger(account)
    link_code.send(chat, point, staff)
    code = code_of(Delivery.objects.get(address=make.PHONE))
    for _ in range(link_code.TRIES):
        assert link_code.prove(chat, other_than(code)) is None
    assert link_code.prove(chat, code) is None
    assert link_code.standing(chat) is None


def test_a_code_grows_old_and_a_new_one_voids_it(staff: Staff, account: Account, point: ContactPoint) -> None:
    chat = stranger(account)
    link_code.send(chat, point, staff)
    first = code_of(Delivery.objects.get(address=make.PHONE))
    link_code.send(chat, point, staff)
    second = code_of(Delivery.objects.filter(address=make.PHONE).latest("pk"))
    if first != second:
        assert link_code.prove(chat, first) is None
    clock.freeze(make.MONDAY + link_code.LIVES + timedelta(seconds=1))
    assert link_code.prove(chat, second) is None


def test_a_number_gets_three_codes_an_hour(staff: Staff, account: Account, point: ContactPoint) -> None:
    for number in range(3):
        link_code.send(stranger(account, f"9{number}"), point, staff)
    with pytest.raises(link_code.TooOften):
        link_code.send(stranger(account, "99"), point, staff)
    clock.freeze(make.MONDAY + timedelta(minutes=61))
    link_code.send(stranger(account, "98"), point, staff)


def test_without_sms_no_code_goes(staff: Staff, point: ContactPoint) -> None:
    with pytest.raises(link_code.NoSms):
        link_code.send(stranger(make.make_account("telegram")), point, staff)


def test_a_code_of_one_chat_says_nothing_in_another(staff: Staff, account: Account, point: ContactPoint) -> None:
    mine, other = stranger(account), stranger(account, "910")
    link_code.send(mine, point, staff)
    code = code_of(Delivery.objects.get(address=make.PHONE))
    said(Chat.of(account, "910"), Said("910", code, "m-1"), make.make_raw(account))
    assert Conversation.objects.get(pk=other.pk).patient is None
    said(Chat.of(account, "909"), Said("909", code, "m-2"), make.make_raw(account))
    assert not Conversation.objects.filter(pk=mine.pk).exists()
