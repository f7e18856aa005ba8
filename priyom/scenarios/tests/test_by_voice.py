"""Calls made by the machine: only to ask, only in lawful hours, and what is begun by a key is ended in writing or by a
person."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from priyom.appointments.models import Visit
from priyom.contracts.events import Pressed, Said
from priyom.delivery.models import Account, Delivery
from priyom.foundation.clock import clock, now
from priyom.inbox.models import CallTask
from priyom.notifications.models import Leg, Notification
from priyom.scenarios import catalogue
from tests.driver import happen, rest, settle_house, turn
from tests.factories import MONDAY, PHONE, make_account, make_patient, make_visit

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


def almaty(day: int, hour: int, minute: int = 0) -> datetime:
    """A local moment of March 2026."""
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC) - 5 * HOUR


@pytest.fixture(autouse=True)
def _house() -> None:
    clock.freeze(MONDAY)
    catalogue.load()


@pytest.fixture
def voice() -> Account:
    return make_account("sip_voice")


def called(start: datetime) -> Delivery:
    """A visit whose patient has only a telephone; the call the day before."""
    make_visit(make_patient(phone=PHONE), start)
    settle_house()
    turn(start - 24 * HOUR)
    return Delivery.objects.get(account__channel="sip_voice", op="send")


def key(call: Delivery, label: str) -> None:
    """The person presses the key of that choice."""
    button = next(b for row in call.body["rows"] for b in row if b["label"].startswith(label))
    happen(call.account, Pressed(PHONE, f"{call.pk}:{button['id']}", "k1", call.provider_id))
    settle_house()


def test_a_machine_rings_only_to_ask(voice: Account) -> None:
    call = called(almaty(5, 15))
    assert call.body["kind"] == "reminder_24h"
    assert Notification.objects.get(kind="confirmation").state == "exhausted"
    assert "Ответьте" not in call.body["text"]  # keys are told by the voice
    assert call.body["wording"]["values"]["visit.local_time"] == "15:00"


def test_not_before_the_lawful_hour(voice: Account) -> None:
    visit = make_visit(make_patient(phone=PHONE), almaty(5, 8, 30))
    settle_house()
    turn(almaty(4, 8, 45))
    assert not Leg.objects.filter(notification__visit=visit).exists()
    turn(almaty(4, 9, 1))
    [leg] = Leg.objects.filter(notification__visit=visit, notification__kind="reminder_24h")
    assert leg.started_at == almaty(4, 9)


def test_one_confirms(voice: Account) -> None:
    call = called(almaty(5, 15))
    key(call, "Приду")
    visit = Visit.objects.get()
    assert (visit.state, visit.confirmed_channel) == ("confirmed", "sip_voice")
    assert [row.op for row in Delivery.objects.filter(account=voice).order_by("pk")][1:] in ([], ["press"])


@pytest.mark.parametrize(("label", "why"), [("Перенести", "другое время"), ("Отменить", "отменить визит")])
def test_what_cannot_be_ended_in_writing_is_a_persons(voice: Account, label: str, why: str) -> None:
    call = called(almaty(5, 15))
    key(call, label)
    task = CallTask.objects.get(state="open")
    assert why in task.why
    assert Visit.objects.get().state == "booked"
    assert Delivery.objects.filter(account=voice, op="send").count() == 1


def test_free_times_come_by_sms_where_there_is_one(voice: Account) -> None:
    sms = make_account("smsc")
    call = called_after_sms(almaty(5, 15))
    key(call, "Перенести")
    rest()
    answer = Delivery.objects.filter(account=sms, origin="reply").get()
    assert answer.body["kind"] in ("reply_offers", "reply_no_times")


def called_after_sms(start: datetime) -> Delivery:
    """The same where SMS goes first and nobody answers it."""
    make_visit(make_patient(phone=PHONE), start)
    settle_house()
    turn(start - 2 * HOUR)
    return Delivery.objects.filter(account__channel="sip_voice", op="send").order_by("pk")[0]


def test_who_asks_for_a_person_gets_one(voice: Account) -> None:
    call = called(almaty(5, 15))
    happen(call.account, Said(PHONE, "0: просит перезвонить", "s1", now(), reply_to=call.provider_id))
    settle_house()
    assert CallTask.objects.get(state="open").why == "просит позвонить"
