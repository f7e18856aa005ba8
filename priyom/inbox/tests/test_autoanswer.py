"""Answers by themselves: out of hours and on a channel that is given up; once, in the right words, and never instead of
a person."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from priyom.clinic.models import Branch, House
from priyom.contracts.events import Said
from priyom.delivery.models import Account, Delivery
from priyom.foundation.clock import clock
from priyom.inbox.auto_rules import filled, is_open, next_opening, said, unknown
from priyom.inbox.autoanswer import HOURS_TEXT, REDIRECT_TEXT, plain
from priyom.inbox.desk_models import AutoAnswer
from priyom.inbox.models import Conversation
from priyom.inbox.tests.conftest import Accounts
from priyom.notifications.notify import Order, notify
from priyom.patients.models import LinkToken, Patient
from tests.driver import happen, press, rest, say
from tests.factories import CHAT, MONDAY, make_branch, make_patient, make_visit

ALMATY = ZoneInfo("Asia/Almaty")
NIGHT = datetime(2026, 3, 2, 22, 30, tzinfo=ALMATY).astimezone(UTC)


@pytest.fixture
def branch(accounts: Accounts) -> Branch:
    House.objects.update_or_create(pk=1, defaults={"name": "Клиника"})
    return make_branch()


@pytest.fixture
def patient(branch: Branch) -> Patient:
    patient = make_patient(telegram=CHAT)
    make_visit(patient, MONDAY + timedelta(days=2), branch=branch, history=True)
    return patient


@pytest.fixture
def hours(branch: Branch) -> AutoAnswer:
    clock.freeze(NIGHT)
    return AutoAnswer.objects.create(branch=branch, enabled=True, text_ru=HOURS_TEXT["ru"], text_kk=HOURS_TEXT["kk"])


@pytest.fixture
def telegram(accounts: Accounts) -> Account:
    return accounts["telegram"]


def answers() -> list[str]:
    """What was answered by itself, in order."""
    rows = Delivery.objects.filter(origin="reply", body__kind="auto_answer").order_by("pk")
    return [row.body["text"] for row in rows]


def test_at_night_one_is_told_when_we_open_and_waits_on(hours: AutoAnswer, patient: Patient, telegram: Account) -> None:
    say(telegram, CHAT, "Можно прийти с ребенком?")
    [text] = answers()
    assert text.startswith("Здравствуйте! Сейчас мы закрыты, откроемся завтра в 08:00.")
    row = Conversation.objects.get(patient=patient)
    assert (row.needs_answer, row.waiting_since, row.awaits_patient) == (True, NIGHT, False)
    left = Delivery.objects.get(body__kind="auto_answer")
    assert (left.account, left.address, left.patient, left.rank) == (telegram, CHAT, patient, 2)


def test_in_their_language(hours: AutoAnswer, patient: Patient, telegram: Account) -> None:
    Patient.objects.filter(pk=patient.pk).update(language="kk")
    say(telegram, CHAT, "Баламен келуге бола ма?")
    assert "ертең сағат 08:00 ашыламыз" in answers()[0]


def test_once_in_so_many_hours(hours: AutoAnswer, patient: Patient, telegram: Account) -> None:
    for minutes, many in ((0, 1), (5, 1), (8 * 60 - 1, 1), (8 * 60, 2)):
        clock.freeze(NIGHT + timedelta(minutes=minutes))
        say(telegram, CHAT, "Ау, есть кто?")
        assert len(answers()) == many, minutes


def test_not_while_we_are_open_and_not_when_it_is_off(hours: AutoAnswer, patient: Patient, telegram: Account) -> None:
    clock.freeze(MONDAY)
    say(telegram, CHAT, "Где вход?")
    clock.freeze(NIGHT)
    AutoAnswer.objects.update(enabled=False)
    say(telegram, CHAT, "Где вход?")
    assert answers() == []


@pytest.mark.parametrize("text", ["стоп", "Спасибо!", "да"])
def test_never_to_what_needs_no_person(hours: AutoAnswer, patient: Patient, telegram: Account, text: str) -> None:
    visit = make_visit(patient, MONDAY + timedelta(days=3), branch=hours.branch)
    clock.freeze(MONDAY)
    notify(Order(visit, "reminder_24h", "answered"))
    rest()
    clock.freeze(NIGHT)
    say(telegram, CHAT, text)
    assert answers() == []


def test_never_to_a_button(hours: AutoAnswer, patient: Patient, telegram: Account) -> None:
    visit = make_visit(patient, MONDAY + timedelta(days=3), branch=hours.branch)
    clock.freeze(MONDAY)
    notify(Order(visit, "reminder_24h", "answered"))
    [left] = rest()
    clock.freeze(NIGHT)
    press(left, "Перенести")
    assert answers() == []


def test_words_we_hear_of_late_are_for_people_only(hours: AutoAnswer, patient: Patient, telegram: Account) -> None:
    happen(telegram, Said(CHAT, "Где вход?", provider_id="m1", at=NIGHT - timedelta(hours=2)))
    assert Conversation.objects.get(patient=patient).needs_answer
    assert answers() == []


def test_a_stranger_hears_of_the_only_desk_or_of_none_while_one_is_open(hours: AutoAnswer, telegram: Account) -> None:
    say(telegram, "777", "Сколько стоит прием?")
    assert "завтра в 08:00" in answers()[0]
    make_branch(opens=time(0), closes=time(23, 59))
    say(telegram, "778", "Сколько стоит прием?")
    assert len(answers()) == 1


def test_a_redirect_with_a_link_of_ones_own_until_its_last_day(
    patient: Patient, accounts: Accounts, telegram: Account
) -> None:  # fmt: skip
    redirect = AutoAnswer.objects.create(
        account=telegram, to_account=accounts["max_messenger"], enabled=True, until=date(2026, 3, 2),
        text_ru=REDIRECT_TEXT["ru"],
    )  # fmt: skip
    say(telegram, CHAT, "Где вход?")
    token = LinkToken.objects.get(patient=patient).token
    assert f"https://max.ru/clinic_demo_bot?start={token}" in answers()[0]
    say(telegram, "777", "Сколько стоит прием?")
    assert "https://max.ru/clinic_demo_bot." in answers()[1]
    say(accounts["smsc"], "+77017654321", "Где вход?")  # another channel is not given up
    clock.freeze(MONDAY + timedelta(days=1))
    say(telegram, CHAT, "Где вход?")
    assert len(answers()) == 2
    redirect.until = None
    redirect.save()
    say(telegram, CHAT, "Где вход?")
    assert len(answers()) == 3


def test_both_are_one_message(hours: AutoAnswer, patient: Patient, accounts: Accounts, telegram: Account) -> None:
    AutoAnswer.objects.create(
        account=telegram, to_account=accounts["max_messenger"], enabled=True, text_ru=REDIRECT_TEXT["ru"]
    )
    say(telegram, CHAT, "Где вход?")
    [text] = answers()
    assert "max.ru" in text
    assert "завтра в 08:00" in text


@pytest.mark.parametrize(
    ("link", "bare"),
    [
        ("https://t.me/{bot}?start={token}", "https://t.me/{bot}"), ("{bot}#priyom={token}", "{bot}"),
        ("https://wa.me/{bot}?text=x", "https://wa.me/{bot}?text=x"),
    ],
)  # fmt: skip
def test_the_link_for_strangers(link: str, bare: str) -> None:
    assert plain(link) == bare


@pytest.mark.parametrize(
    ("text", "name"),
    [("Откроемся {{ opens }}", ""), ("{{opens}}", ""), ("{{ opend }}", "opend"), ("{{ opens", "{{"), ("}} да", "{{")],
)
def test_unknown_variables(text: str, name: str) -> None:
    assert unknown(text, ("opens",)) == name


def test_what_has_no_value_leaves_no_gap() -> None:
    assert filled("Звоните {{ branch.phone }} , ждем {{ opens }}.", {"opens": "завтра"}) == "Звоните, ждем завтра."


@given(
    at=st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)).map(lambda at: at.replace(tzinfo=UTC)),
    zone=st.sampled_from(["Asia/Almaty", "Europe/Moscow", "Europe/Berlin", "Pacific/Chatham"]).map(ZoneInfo),
    language=st.sampled_from(["ru", "kk"]),
)
def test_a_closed_desk_opens_within_a_day_and_says_so(at: datetime, zone: ZoneInfo, language: str) -> None:
    opens, closes = time(8), time(20)
    if is_open(at, opens, closes, zone):
        return
    opening = next_opening(at, opens, zone)
    assert timedelta(0) < opening - at <= timedelta(hours=14)
    assert is_open(opening, opens, closes, zone)
    assert "08:00" in said(opening, at.astimezone(zone).date(), language)
