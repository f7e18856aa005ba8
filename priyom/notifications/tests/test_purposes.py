"""Which of several accounts is taken: by purpose, by health, and one of each kind."""

from __future__ import annotations

import pytest

from priyom.consent.change import give, withdraw
from priyom.delivery.models import Account, Purpose
from priyom.foundation.clock import now
from priyom.notifications.ways import Use, ways
from priyom.patients.models import Patient
from tests.factories import CHAT, PHONE, make_account, make_patient, make_reach

pytestmark = pytest.mark.django_db


def taken(patient: Patient, use: Use = Use.NOTIFY) -> list[str]:
    keys = dict(Account.objects.values_list("pk", "key"))
    return [keys[way.account_id] for way in ways(patient.pk, "service", "delivered", use)]


def account(channel: str, key: str, **values: object) -> Account:
    made = make_account(channel, key=key)
    Account.objects.filter(pk=made.pk).update(**values)
    return made


def test_one_number_to_talk_and_one_for_notices() -> None:
    account("telegram", "talk", purpose=Purpose.TALK)
    account("telegram", "notify", purpose=Purpose.NOTIFY)
    account("telegram", "ads", purpose=Purpose.CAMPAIGNS)
    patient = make_patient(telegram=CHAT)
    assert taken(patient) == ["notify"]
    assert taken(patient, Use.TALK) == ["talk"]
    assert taken(patient, Use.CAMPAIGN) == ["ads"]


def test_two_gateways_are_one_way_with_a_spare() -> None:
    account("smsc", "first")
    account("smsru", "second", purpose=Purpose.SPARE)
    patient = make_patient(phone=PHONE)
    assert taken(patient) == ["first"]
    Account.objects.filter(key="first").update(health="down")
    assert taken(patient) == ["second"]
    Account.objects.filter(key="first").update(enabled=False)
    assert taken(patient) == ["second"]


def test_what_may_not_be_used_is_not_used_even_alone() -> None:
    account("telegram", "talk", purpose=Purpose.TALK)
    patient = make_patient(telegram=CHAT)
    assert taken(patient) == []
    Account.objects.update(purpose=Purpose.ALL, health="broken")
    assert taken(patient) == []


def test_staff_channels_carry_nothing_to_patients() -> None:
    account("pachca", "staff")
    account("smsc", "sms")
    assert taken(make_patient(phone=PHONE)) == ["sms"]


def test_an_account_that_does_not_reach_the_number_is_not_tried() -> None:
    account("whatsapp", "wa")
    russian, kazakh = make_patient(whatsapp="+79221234567"), make_patient(whatsapp="+77011234567")
    assert taken(russian) == []
    assert taken(kazakh) == ["wa"]


def test_stop_to_one_gateway_is_stop_to_its_spare() -> None:
    account("smsc", "first")
    account("smsru", "second", purpose=Purpose.SPARE)
    patient = make_patient(phone=PHONE)
    withdraw(patient, "service", "smsc", "ответ пациента", "стоп")
    assert taken(patient) == []
    give(patient, "service", "smsc", "ответ пациента", "старт")
    assert taken(patient) == ["first"]
    make_reach(patient, "phone", "smsc", lost="gone", lost_at=now())
    assert taken(patient) == []
