"""Every way an answer may take: which are open, what stands against the others, and how long a choice holds."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from priyom.consent.change import withdraw
from priyom.delivery.models import Delivery
from priyom.foundation.clock import clock, now
from priyom.inbox.chat import conversation_of
from priyom.inbox.models import Conversation, Incoming
from priyom.inbox.reply import reply
from priyom.inbox.routes import Cost, State, choices, choose_way, where
from priyom.inbox.tests.conftest import Accounts
from tests.factories import CHAT, MAIL, MONDAY, PHONE, make_account, make_patient, make_reach, make_staff

pytestmark = pytest.mark.django_db


def says(chat: Conversation, accounts: Accounts, channel: str, address: str) -> None:
    Incoming.objects.create(conversation=chat, account=accounts[channel], address=address, at=now(), text="Ау")


@pytest.fixture
def chat(accounts: Accounts) -> Conversation:
    """Somebody with three addresses, who wrote in Telegram."""
    patient = make_patient(telegram=CHAT, phone=PHONE, email=MAIL)
    row = conversation_of(patient)
    says(row, accounts, "telegram", CHAT)
    return row


def channels(chat: Conversation) -> list[tuple[str, str, bool]]:
    return [(one.route.account.channel, one.state, one.current) for one in choices(chat)]


def key(chat: Conversation, channel: str) -> str:
    return next(one.route.key for one in choices(chat) if one.route.account.channel == channel)


def test_all_ways_stand_once_the_present_one_marked(chat: Conversation) -> None:
    listed = channels(chat)
    assert sorted(listed) == [("smsc", "open", False), ("smtp", "open", False), ("telegram", "open", True)]
    assert listed[0] == ("telegram", "open", True)


def test_what_is_closed_says_why_and_cannot_be_chosen(chat: Conversation, accounts: Accounts) -> None:
    make_reach(chat.patient, "telegram", "telegram", lost="blocked", lost_at=now())  # type: ignore[arg-type]
    make_reach(chat.patient, "email", "smtp", lost="gone", lost_at=now())  # type: ignore[arg-type]
    withdraw(chat.patient, "service", "smsc", "x", "")  # type: ignore[arg-type]
    states = {one.route.account.channel: one.state for one in choices(chat)}
    assert states == {"telegram": State.BLOCKED, "smtp": State.GONE, "smsc": State.REFUSED}
    for channel in states:
        assert not choose_way(chat, key(chat, channel))
    assert where(chat) is None


def test_the_choice_holds_until_they_write_elsewhere(chat: Conversation, accounts: Accounts) -> None:
    assert choose_way(chat, key(chat, "smsc"))
    route = where(chat)
    assert route is not None
    assert (route.account, route.chosen) == (accounts["smsc"], True)
    left = Delivery.objects.get(pk=reply(make_staff(), chat, "Со двора"))
    assert (left.account, left.address) == (accounts["smsc"], PHONE)
    says(chat, accounts, "smsc", PHONE)  # just there: it goes on
    assert where(chat).account == accounts["smsc"]  # type: ignore[union-attr]
    says(chat, accounts, "telegram", CHAT)
    route = where(chat)
    assert route is not None
    assert (route.account, route.chosen) == (accounts["telegram"], False)


def test_a_chosen_way_that_closes_is_left(chat: Conversation, accounts: Accounts) -> None:
    choose_way(chat, key(chat, "smsc"))
    make_reach(chat.patient, "phone", "smsc", lost="gone", lost_at=now())  # type: ignore[arg-type]
    assert where(chat).account == accounts["telegram"]  # type: ignore[union-attr]


def test_no_foreign_way_is_taken(chat: Conversation) -> None:
    other = conversation_of(make_patient(given="Борис", phone="+77017654321"))
    assert not choose_way(chat, key(other, "smsc"))
    assert not choose_way(chat, "")


def test_what_it_costs(chat: Conversation, accounts: Accounts) -> None:
    Delivery.objects.create(
        account=accounts["smsc"], address=PHONE, body={}, origin="system", created_at=now(), due_at=now(),
        cost=Decimal("28.5"), currency="KZT", state="settled",
    )  # fmt: skip
    found = {one.route.account.channel: one for one in choices(chat)}
    assert (found["smsc"].cost, found["smsc"].last_cost, found["smsc"].currency) == (Cost.PAID, Decimal("28.5"), "KZT")
    assert (found["telegram"].cost, found["telegram"].last_cost) == (Cost.FREE, None)


def test_a_closed_window_can_be_chosen_for_what_it_still_takes() -> None:
    clock.freeze(MONDAY)
    account = make_account("whatsapp")
    patient = make_patient(whatsapp="+77015550101", phone=PHONE)
    make_reach(patient, "whatsapp", account.channel, answered_at=MONDAY - timedelta(hours=30))
    make_account("smsc")
    chat = conversation_of(patient)
    found = {one.route.account.channel: one for one in choices(chat)}
    assert (found["whatsapp"].state, found["whatsapp"].cost) == (State.CLOSED, Cost.TARIFF)
    assert where(chat).account.channel == "smsc"  # type: ignore[union-attr]
    assert choose_way(chat, found["whatsapp"].route.key)
    route = where(chat)
    assert route is not None
    assert (route.account, route.closed) == (account, True)
