"""What did not arrive, once more on another channel: the best that is open and carries it, and once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from priyom.clinic.models import Staff
from priyom.consent.change import withdraw
from priyom.delivery.models import Delivery
from priyom.foundation.clock import clock, now
from priyom.inbox import again, span
from priyom.inbox.chat import conversation_of, touch
from priyom.inbox.models import Conversation
from priyom.inbox.reply import keep
from priyom.inbox.tests.conftest import Accounts
from tests.factories import CHAT, MAIL, PHONE, make_patient, make_reach, make_staff


@pytest.fixture
def chat(accounts: Accounts) -> Conversation:
    patient = make_patient(telegram=CHAT, phone=PHONE)
    make_reach(patient, "telegram", "telegram", started_at=now(), answered_at=now())
    return conversation_of(patient)


@pytest.fixture
def olga(accounts: Accounts) -> Staff:
    return make_staff()


def failed(chat: Conversation, accounts: Accounts, olga: Staff, **over: object) -> Delivery:
    """What Olga wrote on Telegram did not arrive."""
    values: dict[str, object] = {
        "account": accounts["telegram"], "address": CHAT, "patient": chat.patient, "body": {"text": "Ждем вас"},
        "origin": "staff", "origin_id": olga.pk, "created_at": now(), "due_at": now(), "state": "settled",
        "signal": "failed", "sent_at": now(),
    }  # fmt: skip
    return Delivery.objects.create(**{**values, **over})


def offer(chat: Conversation) -> str:
    """The channel that is offered for the last entry that may go again; '' for none."""
    shown = again.offered(span.newest(chat).entries)
    if not shown:
        return ""
    way = again.way_for(
        again.open_ways(chat), shown[-1].channel, shown[-1].text, [file.size for file in shown[-1].files]
    )
    return way.account.channel if way else ""


def test_it_goes_the_other_way_once_and_says_so(chat: Conversation, accounts: Accounts, olga: Staff) -> None:
    touch(chat, "Можно раньше?", now(), needs_answer=True, channel="telegram")
    old = failed(chat, accounts, olga)
    assert offer(chat) == "smsc"
    made = Delivery.objects.get(pk=again.send_again(olga, chat, old.pk, accounts["smsc"].pk))
    assert (made.account_id, made.address, made.body) == (
        accounts["smsc"].pk,
        PHONE,
        {"text": "Ждем вас", "again": old.pk},
    )
    assert (made.origin, made.origin_id, made.patient_id) == ("staff", olga.pk, old.patient_id)
    assert span.sent_again(chat, span.newest(chat).entries) == {f"d{old.pk}": "SMS"}
    chat.refresh_from_db()
    assert (chat.needs_answer, chat.awaits_patient, chat.last_text) == (False, True, "Ждем вас")
    with pytest.raises(again.NotToBeSent):
        again.send_again(olga, chat, old.pk, accounts["smsc"].pk)
    assert Delivery.objects.filter(body__again=old.pk).count() == 1


def test_what_arrived_after_all_is_not_sent_again(chat: Conversation, accounts: Accounts, olga: Staff) -> None:
    old = failed(chat, accounts, olga)
    Delivery.objects.filter(pk=old.pk).update(signal="delivered")
    assert offer(chat) == ""
    with pytest.raises(again.NotToBeSent):
        again.send_again(olga, chat, old.pk, accounts["smsc"].pk)


def test_only_the_way_that_was_offered_is_taken(chat: Conversation, accounts: Accounts, olga: Staff) -> None:
    old = failed(chat, accounts, olga)
    with pytest.raises(again.OtherWay):
        again.send_again(olga, chat, old.pk, accounts["telegram"].pk)
    assert chat.patient is not None
    withdraw(chat.patient, "service", "smsc", "просьба", "не пишите SMS")
    assert offer(chat) == ""
    with pytest.raises(again.OtherWay):
        again.send_again(olga, chat, old.pk, accounts["smsc"].pk)
    assert Delivery.objects.count() == 1


def test_a_file_goes_only_where_it_is_carried(accounts: Accounts, olga: Staff) -> None:
    chat = conversation_of(make_patient(telegram=CHAT, phone=PHONE))
    stored = keep("памятка.pdf", "application/pdf", b"%PDF")
    old = failed(chat, accounts, olga, body={"text": "", "files": [stored.pk]})
    assert offer(chat) == ""
    with pytest.raises(again.OtherWay):
        again.send_again(olga, chat, old.pk, accounts["smsc"].pk)
    other = conversation_of(make_patient(telegram="5", email=MAIL))
    old = failed(other, accounts, olga, body={"text": "", "files": [stored.pk]})
    assert offer(other) == "smtp"
    made = again.send_again(olga, other, old.pk, accounts["smtp"].pk)
    assert Delivery.objects.get(pk=made).body["files"] == [stored.pk]
    other.refresh_from_db()
    assert other.last_text == "памятка.pdf"


def test_nothing_old_automatic_or_foreign_is_offered(chat: Conversation, accounts: Accounts, olga: Staff) -> None:
    failed(chat, accounts, olga, origin="notification", origin_id=None)
    assert offer(chat) == ""
    old = failed(chat, accounts, olga)
    assert offer(chat) == "smsc"
    clock.freeze(now() + again.WITHIN + timedelta(minutes=1))
    assert offer(chat) == ""
    with pytest.raises(Delivery.DoesNotExist):
        again.send_again(olga, conversation_of(make_patient(given="Борис")), old.pk, accounts["smsc"].pk)


def test_a_chat_nobody_is_known_for_has_no_other_way(accounts: Accounts, olga: Staff) -> None:
    stranger = Conversation.objects.create(account=accounts["telegram"], address="9", last_at=now())
    failed(stranger, accounts, olga, patient=None, address="9")
    assert offer(stranger) == ""
    assert again.open_ways(stranger) == []
