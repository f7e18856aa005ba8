"""The newest word of the patient counts; without any, the house's policy."""

from __future__ import annotations

import pytest

from priyom.clinic.house import house
from priyom.consent.ask import allowed_channels, allows
from priyom.consent.change import give, withdraw
from priyom.consent.models import Consent
from priyom.journal.models import Fact
from priyom.patients.models import Patient
from tests.factories import make_patient


@pytest.fixture
def anna(db: None) -> Patient:
    return make_patient()


def explicit() -> None:
    rules = house()
    rules.service_consent = "explicit"
    rules.save()


def test_silence_is_the_house_policy(anna: Patient) -> None:
    assert allows(anna.pk, "service", "telegram")
    assert not allows(anna.pk, "marketing", "telegram")
    explicit()
    assert not allows(anna.pk, "service", "telegram")
    give(anna, "service", "", "договор", "согласен")
    assert allows(anna.pk, "service", "telegram")
    assert not allows(anna.pk, "marketing", "telegram")


def test_the_newest_word_counts(anna: Patient) -> None:
    withdraw(anna, "service", "telegram", "ответ пациента", "стоп")
    assert not allows(anna.pk, "service", "telegram")
    give(anna, "service", "telegram", "ответ пациента", "старт")
    assert allows(anna.pk, "service", "telegram")


def test_a_channel_is_not_another(anna: Patient) -> None:
    withdraw(anna, "service", "telegram", "x", "стоп")
    assert allowed_channels(anna.pk, "service", ["telegram", "smsc"]) == {"smsc"}


def test_a_word_about_all_channels_and_one_about_one(anna: Patient) -> None:
    withdraw(anna, "service", "", "x", "не пишите")
    assert allowed_channels(anna.pk, "service", ["telegram", "smsc"]) == set()
    give(anna, "service", "smsc", "x", "только SMS")
    assert allowed_channels(anna.pk, "service", ["telegram", "smsc"]) == {"smsc"}
    withdraw(anna, "service", "", "x", "совсем не пишите")
    assert allowed_channels(anna.pk, "service", ["telegram", "smsc"]) == set()


def test_the_proof_is_kept_and_told(anna: Patient) -> None:
    withdraw(anna, "marketing", "smsc", "звонок", "просил не слать акции")
    row = Consent.objects.get()
    assert (row.purpose, row.channel, row.given, row.source, row.text) == (
        "marketing", "smsc", False, "звонок", "просил не слать акции",
    )  # fmt: skip
    fact = Fact.objects.get(type="ConsentChanged")
    assert (fact.patient_id, fact.data["given"], fact.data["channel"]) == (anna.pk, False, "smsc")
    assert allows(anna.pk, "service", "smsc")


def test_another_patient_is_another(anna: Patient) -> None:
    withdraw(anna, "service", "", "x", "")
    assert allows(make_patient().pk, "service", "telegram")
