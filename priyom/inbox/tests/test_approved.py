"""Approved texts where free words are not taken: which are offered, filled in, and sent exactly as shown."""

from __future__ import annotations

from datetime import timedelta

import pytest

from priyom.appointments import change
from priyom.appointments.models import Visit
from priyom.delivery.models import Account, Delivery
from priyom.foundation.clock import clock, now
from priyom.inbox.approved import NotApproved, Unfilled, offered, send_approved
from priyom.inbox.chat import conversation_of
from priyom.inbox.later import Hold, take_back
from priyom.inbox.models import Conversation
from priyom.inbox.routes import where
from priyom.notifications.models import Template
from priyom.notifications.templates import draft, names_in, template_text
from tests.factories import MONDAY, make_account, make_patient, make_reach, make_staff, make_visit

pytestmark = pytest.mark.django_db


def approve(account: Account, kind: str, language: str = "ru", standing: str = "approved") -> Template:
    """As if handed in, and looked at by the vendor."""
    return Template.objects.create(
        account=account, kind=kind, language=language, name=draft(kind, language).name,
        text=template_text(kind, language), standing=standing, changed_at=now(),
    )  # fmt: skip


@pytest.fixture
def account() -> Account:
    clock.freeze(MONDAY)
    return make_account("whatsapp")


@pytest.fixture
def chat(account: Account) -> Conversation:
    """Somebody with a visit whose window is closed."""
    return closed(account, "ru")


def closed(account: Account, language: str) -> Conversation:
    patient = make_patient(whatsapp="+77015550101", language=language)
    make_reach(patient, "whatsapp", account.channel, answered_at=MONDAY - timedelta(hours=30))
    make_visit(patient, MONDAY + timedelta(days=1))
    return conversation_of(patient)


def kinds(chat: Conversation) -> list[tuple[str, str]]:
    route = where(chat)
    assert route is not None
    return [(one.kind, one.language) for one in offered(chat, route)]


def values(chat: Conversation) -> dict[str, str]:
    route = where(chat)
    assert route is not None
    return dict(offered(chat, route)[0].places)


def test_only_approved_ones_are_offered_each_once(account: Account, chat: Conversation) -> None:
    assert kinds(chat) == []
    approve(account, "reminder_24h")
    approve(account, "moved", standing="rejected")
    approve(account, "confirmation")
    approve(make_account("whatsapp", key="other"), "cancelled")
    assert kinds(chat) == [("confirmation", "ru"), ("reminder_24h", "ru")]


def test_one_who_has_confirmed_is_not_asked_again(account: Account, chat: Conversation) -> None:
    approve(account, "reminder_24h")
    approve(account, "reminder_24h_confirmed")
    assert kinds(chat) == [("reminder_24h", "ru")]
    change.confirm(Visit.objects.get().pk, by="patient", channel="telegram", evidence="кнопка")
    assert kinds(chat) == [("reminder_24h_confirmed", "ru")]


def test_the_patients_language_else_the_other(account: Account) -> None:
    chat = closed(account, "kk")
    approve(account, "reminder_24h")
    assert kinds(chat) == [("reminder_24h", "ru")]
    approve(account, "confirmation", "kk")
    assert kinds(chat) == [("confirmation", "kk")]


def test_it_goes_exactly_as_shown(account: Account, chat: Conversation) -> None:
    row = approve(account, "reminder_24h")
    route = where(chat)
    assert route is not None
    [one] = offered(chat, route)
    said = values(chat) | {"practitioner.short_name": " доктор \n Ким "}
    made = Delivery.objects.get(pk=send_approved(make_staff(), chat, "reminder_24h", said))
    shown = one.said(said | {"practitioner.short_name": "доктор Ким"})
    assert made.body["text"] == shown
    assert "доктор Ким" in shown
    assert "{{" not in shown
    assert made.body["template"]["name"] == row.name
    assert len(made.body["template"]["values"]) == len(names_in(row.text))
    assert (made.origin, made.account) == ("staff", account)
    assert [button["label"] for line in made.body["rows"] for button in line] == ["Приду", "Перенести", "Отменить"]
    assert Conversation.objects.get(pk=chat.pk).awaits_patient


def test_nothing_goes_with_a_hole_or_without_approval(account: Account, chat: Conversation) -> None:
    approve(account, "moved")
    known = values(chat)
    assert known["old.local_date"] == ""
    with pytest.raises(Unfilled):
        send_approved(make_staff(), chat, "moved", known)
    with pytest.raises(NotApproved):
        send_approved(make_staff(), chat, "confirmation", known)
    assert not Delivery.objects.exists()


def test_one_taken_back_leaves_no_free_words_behind(account: Account, chat: Conversation) -> None:
    approve(account, "reminder_24h")
    hold = Hold(MONDAY + timedelta(seconds=5))
    made = send_approved(make_staff(), chat, "reminder_24h", values(chat), hold)
    assert take_back(chat, made).text == ""
    assert not Delivery.objects.exists()
