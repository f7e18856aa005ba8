"""The weather in words: honest numbers, in three languages, where the staff look."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.utils import translation

from priyom.delivery.models import Account, Delivery
from priyom.delivery.weather_models import Detour, Spell, Weather
from priyom.foundation.clock import clock, now
from priyom.web.accounts.weather import day_lines, lines
from tests import factories as make

pytestmark = pytest.mark.django_db
ALMATY = ZoneInfo("Asia/Almaty")


@pytest.fixture
def spell() -> Spell:
    """MAX has taken less since 10:40; it is 11:00."""
    clock.freeze(make.MONDAY)
    make.make_branch()
    return Spell.objects.create(
        account=make.make_account("max_messenger"), level=2, kind="taken", since=now() - timedelta(minutes=20),
        noticed_at=now(), usual=0.97, share=0.6199,
    )  # fmt: skip


def detour(spell: Spell, account: Account, cost: str | None = "4.5", **more: object) -> None:
    values: dict[str, object] = {
        "address": "a", "body": {}, "origin": "notification", "state": "settled", "signal": "delivered",
        "created_at": now(), "due_at": now(), "sent_at": now(), "cost": cost and Decimal(cost),
        "currency": "RUB" if cost else "", **more,
    }  # fmt: skip
    Detour.objects.create(delivery=Delivery.objects.create(account=account, **values), spell=spell, at=now())


def said(language: str = "ru") -> list[str]:
    with translation.override(language):
        return [line.text.replace("\u00a0", " ").replace("\u202f", " ") for line in lines(ALMATY)]


def test_one_sentence_with_what_goes_where_and_what_it_costs(spell: Spell) -> None:
    sms, mail = make.make_account("smsc"), make.make_account("smtp")
    begin = "MAX: с 10:40 принимает 61 % сообщений, обычно 97 %"
    assert said() == [f"{begin}, напоминания идут другими каналами, у кого они есть"]
    detour(spell, sms)
    Delivery.objects.update(cost=Decimal(3400))
    detour(spell, mail, None)
    detour(spell, sms, "9", state="cancelled", sent_at=None)
    Detour.objects.filter(delivery__account=sms).update(at=now())  # its row lies behind the other's now
    assert said() == [f"{begin}, напоминания идут через SMS, Почта, +3 400 RUB за сегодня"]
    assert said("en") == [
        "MAX takes 61 % of the messages instead of 97 %, since 10:40, "
        "reminders go over SMS, E-mail, 3 400 RUB more today"
    ]
    assert said("kk")[0].startswith("MAX: 10:40-тан бастап хабарлардың 61 % қабылдайды, әдетте 97 %")
    detour(spell, sms, None)  # a price that is not known
    assert said() == [f"{begin}, напоминания идут через SMS, Почта"]


def test_what_the_channel_itself_would_have_cost_is_taken_off(spell: Spell) -> None:
    sms, notice = make.make_account("smsc"), make.make_account("vk_notify")
    Spell.objects.update(account=notice, kind="arrived")
    spell.refresh_from_db()
    detour(spell, sms, "5")
    assert said()[0].endswith("через SMS")  # what a notice costs is not known
    Delivery.objects.create(
        account=notice, address="a", body={}, origin="notification", state="settled", created_at=now(), due_at=now(),
        sent_at=now(), cost=Decimal(2), currency="RUB",
    )  # fmt: skip
    assert said()[0].startswith(f"{notice.name}: доставка упала с 97 % до 61 % с 10:40")
    assert said()[0].endswith("+3 RUB за сегодня")


@pytest.mark.parametrize("language", ["ru", "kk", "en"])
@pytest.mark.parametrize("kind", ["down", "taken", "arrived", "answers"])
@pytest.mark.parametrize("place", ["", "RU", "KZ"])
@pytest.mark.parametrize("usual", [None, 0.9])
def test_every_kind_has_its_words(spell: Spell, language: str, kind: str, place: str, usual: float | None) -> None:
    Spell.objects.update(kind=kind, place=place, usual=usual, account=make.make_account("smsc"), level=1)
    [text] = said(language)
    assert "10:40" in text
    assert "%(" not in text
    assert ("90 %" in text) is (usual is not None and kind != "down")


def test_it_is_gone_the_next_day(spell: Spell) -> None:
    Spell.objects.update(ended_at=now() + timedelta(minutes=25))
    clock.freeze(now() + timedelta(hours=1))
    assert said() == ["MAX: снова как обычно, плохо было с 10:40 до 11:25"]
    clock.freeze(now() + timedelta(hours=12))
    assert said() == []


def test_what_began_on_another_day_bears_its_date(spell: Spell) -> None:
    Spell.objects.update(since=now() - timedelta(hours=12), kind="down", level=1)
    assert said() == ["MAX: не отвечает с 01.03 23:00, напоминания пока идут сюда же"]
    assert said("kk")[0].startswith("MAX: 01.03 23:00-ден бастап жауап бермейді")


def test_a_country_is_not_named_when_all_suffer(spell: Spell) -> None:
    Spell.objects.create(
        account=spell.account, place="KZ", level=2, kind="taken", since=spell.since, noticed_at=now(), usual=1, share=0
    )
    assert len(said()) == 1
    Spell.objects.filter(place="").delete()
    assert said()[0].startswith("MAX, номера Казахстана: ")


def test_a_bad_day_is_said_with_its_numbers(spell: Spell) -> None:
    sms = make.make_account("smsc")
    at = now() - timedelta(hours=1)
    for number in range(30):
        Delivery.objects.create(
            account=sms, address="a", body={}, origin="notification", state="settled", created_at=at, due_at=at,
            sent_at=at, signal="delivered" if number > 2 else "sent",
        )  # fmt: skip
    with translation.override("ru"):
        assert [line.text.replace("\u00a0", " ") for line in day_lines()] == [
            "SMS: сегодня дошло 27 из 30 сообщений о визитах, 90 %; норма от 95 %"
        ]


def test_the_pages_say_it(spell: Spell) -> None:
    Weather.objects.create(account=spell.account, level=2, kind="taken", changed_at=now(), looked_at=now())
    browser = Client()
    browser.force_login(make.make_staff("admin"))
    pages = {path: browser.get(path).content.decode() for path in ("/", "/accounts", "/attention")}
    assert all("обычно 97" in page for page in pages.values())
    assert "доставляет хуже" in pages["/accounts"]
    Weather.objects.all().delete()
    Spell.objects.all().delete()
    assert "Все работает" in browser.get("/attention").content.decode()
    assert "доставляет хуже" not in browser.get("/accounts").content.decode()
