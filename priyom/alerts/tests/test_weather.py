"""Staff are told of a storm once, and once that it is over; and of a day of which too little arrived."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from priyom.alerts.models import Alert, AlertKind, Recipient
from priyom.alerts.share import bad_shares, check_shares
from priyom.delivery.facts import AccountHealthChanged, WeatherChanged
from priyom.delivery.models import Account, Delivery
from priyom.delivery.weather_models import Spell
from priyom.foundation.clock import clock, now
from priyom.journal.record import record
from tests import factories as make
from tests.driver import settle_house

pytestmark = pytest.mark.django_db


@pytest.fixture
def pachca() -> Account:
    clock.freeze(make.MONDAY)
    make.make_branch()
    account = make.make_account("pachca")
    Recipient.objects.create(account=account, address="chat:7", name="Все", alarms=True, created_at=now())
    return account


def texts() -> list[str]:
    return [row.body["text"] for row in Delivery.objects.filter(origin="alert").order_by("pk")]


def turned(spell: Spell, level: int, was: int) -> None:
    record(WeatherChanged(spell_id=spell.pk, account_id=spell.account_id, place=spell.place, level=level, was=was))
    settle_house()


def spell_of(account: Account, **more: object) -> Spell:
    values: dict[str, object] = {
        "level": 1, "kind": "arrived", "since": now() - timedelta(minutes=20), "noticed_at": now(), "usual": 0.97,
        "share": 0.61, **more,
    }  # fmt: skip
    return Spell.objects.create(account=account, **values)


def test_a_storm_is_told_at_its_beginning_and_its_end(pachca: Account) -> None:
    spell = spell_of(make.make_account("smsc"))
    turned(spell, 1, 0)
    assert texts() == []  # rough weather stands on the pages only
    turned(spell, 2, 1)
    turned(spell, 2, 1)
    assert len(texts()) == 1
    assert "с 10:40 доходит 61 % сообщений, обычно 97 %" in texts()[0]
    clock.freeze(now() + timedelta(minutes=45))
    Spell.objects.update(ended_at=now())
    turned(spell, 0, 2)
    turned(spell, 0, 2)
    assert len(texts()) == 2
    assert "было с 10:40 02.03 до 11:45 02.03" in texts()[1]
    turned(spell_of(spell.account), 2, 0)
    assert len(texts()) == 3


def test_storms_of_two_countries_are_told_apart(pachca: Account) -> None:
    sms = make.make_account("smsc")
    turned(spell_of(sms, place="KZ"), 2, 0)
    turned(spell_of(sms), 2, 0)
    assert ["номера Казахстана" in text for text in texts()] == [True, False]


def test_a_gateway_that_is_silent_for_a_moment_is_no_alarm(pachca: Account) -> None:
    sms = make.make_account("smsc")
    for health in ("down", "ok", "broken", "ok", "down", "ok"):
        record(AccountHealthChanged(account_id=sms.pk, health=health, why="нет денег"))
        settle_house()
    assert [text.split(" ", 1)[0] for text in texts()] == ["!", "✓"]
    turned(spell_of(sms, kind="down", usual=None, share=None), 2, 0)
    assert "не отвечает с 10:40" in texts()[2]


def sent(account: Account, arrived: int, lost: int, at: datetime, **more: object) -> None:
    for number in range(arrived + lost):
        values: dict[str, object] = {
            "address": "+7701", "body": {}, "origin": "notification", "state": "settled", "created_at": at,
            "due_at": at, "claimed_at": at, "sent_at": at, "signal_at": at,
            "signal": "delivered" if number < arrived else "failed", **more,
        }  # fmt: skip
        Delivery.objects.create(account=account, **values)


def test_what_counts_for_a_day(pachca: Account) -> None:
    sms, bot = make.make_account("smsc"), make.make_account("telegram")
    at = now() - timedelta(hours=2)
    sent(sms, 30, 3, at)
    sent(sms, 0, 20, at, origin="campaign")
    sent(sms, 0, 20, at, origin="staff")
    sent(sms, 0, 20, at, state="cancelled")
    sent(sms, 0, 20, at, code="warm_up")
    sent(sms, 0, 20, now() - timedelta(minutes=10))  # young
    sent(sms, 0, 20, at - timedelta(hours=10))  # another day: 23:00 in Almaty
    assert [(s.account, s.ended, s.arrived) for s in bad_shares(now())] == [(sms, 33, 30)]
    sent(bot, 40, 0, at, signal="accepted")  # a messenger never tells more
    sent(bot, 0, 1, at, signal="", sent_at=None, claimed_at=None, state="waiting")
    assert [(s.account, s.ended, s.arrived) for s in bad_shares(now())] == [(sms, 33, 30)]
    sent(bot, 0, 3, at, sent_at=None, claimed_at=None, code="expired")  # never went: it has not arrived
    assert [(s.account, s.ended, s.arrived) for s in bad_shares(now())] == [
        (sms, 33, 30), (bot, 43, 40), (None, 76, 70),
    ]  # fmt: skip


def test_yesterday_is_judged_once_its_last_messages_are_old_enough(pachca: Account) -> None:
    sms = make.make_account("smsc")
    midnight = make.MONDAY + timedelta(hours=13)
    clock.freeze(midnight)
    sent(sms, 10, 15, midnight - timedelta(minutes=5))
    assert check_shares() == 0
    clock.freeze(midnight + timedelta(minutes=40))
    assert (check_shares(), check_shares()) == (1, 0)
    assert "за 02.03 дошло 40 %" in texts()[0]
    sent(sms, 10, 15, midnight + timedelta(minutes=1))
    clock.freeze(midnight + timedelta(minutes=50))
    assert (check_shares(), check_shares()) == (1, 0)  # a day of its own
    assert "за 03.03 пока дошло 40 %" in texts()[1]
    assert Alert.objects.filter(kind=AlertKind.SHARE).count() == 2
