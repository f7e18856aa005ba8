"""The minutely look: what the rows show is counted by minute and country, and turns the weather; a fact tells of it."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from priyom.contracts.registry import channel as find_channel
from priyom.delivery import weather
from priyom.delivery.models import Account, Delivery
from priyom.delivery.weather_models import Spell, Weather, WeatherMinute
from priyom.delivery.weather_rules import place_of
from priyom.delivery.weather_usual import usual_of
from priyom.foundation.clock import clock, now
from priyom.journal.models import Fact
from tests import factories as make

pytestmark = pytest.mark.django_db
RU, KZ = "+79161234567", "+77011234567"
FACTS = "WeatherChanged"


@pytest.fixture
def sms() -> Account:
    clock.freeze(make.MONDAY)
    make.make_branch()
    return make.make_account("smsc")


def left(account: Account, at: datetime, signal: str = "delivered", count: int = 1, **more: object) -> None:
    """So many that were claimed then, and of which this is known."""
    values: dict[str, object] = {
        "address": KZ, "body": {}, "origin": "notification", "state": "settled", "created_at": at, "due_at": at,
        "claimed_at": at, "sent_at": at, "signal": signal, "signal_at": at + timedelta(seconds=2), "tries": 1,
        "provider_id": "x" if signal in ("accepted", "sent", "delivered") else "", **more,
    }  # fmt: skip
    Delivery.objects.bulk_create(Delivery(account=account, **values) for _ in range(count))


def look_at(moment: datetime) -> int | None:
    clock.freeze(moment)
    return weather.look_once()


def levels() -> dict[str, int]:
    return dict(Weather.objects.values_list("place", "level"))


def test_each_kind_of_end_is_counted_once(sms: Account) -> None:
    at = make.MONDAY + timedelta(seconds=10)
    Account.objects.update(paused_until=at + timedelta(seconds=30))
    left(sms, at, "delivered", 3)
    left(sms, at, "accepted", 2)
    left(sms, at, "sent", 1, address=RU, signal_at=at + timedelta(seconds=12))
    left(sms, at, "failed", 2)
    left(sms, at, "failed", 1, provider_id="taken first")
    left(sms, at, "uncertain", 1)
    left(sms, at, "", 1, state="waiting")
    left(sms, at + timedelta(seconds=40), "", 2, state="waiting")
    left(sms, at, "", 1, state="waiting", maybe_sent=True)
    left(sms, at, "", 1, state="cancelled")
    left(sms, at, "failed", 5, code="stale", state="cancelled")  # by our own decision
    left(sms, at, "", 5, tries=0, state="waiting")  # claimed and given back
    left(sms, at, "delivered", 5, op="edit")
    for n in range(3):  # counting anew changes nothing
        assert look_at(make.MONDAY + timedelta(minutes=9, seconds=31 * n)) is not None
    assert look_at(now() + timedelta(seconds=20)) is None  # another worker has just looked
    kz, ru = WeatherMinute.objects.order_by("place")
    assert (kz.place, kz.minute, kz.tried, kz.taken) == ("KZ", make.MONDAY, 14, 6)
    assert (kz.unavailable, kz.throttled, kz.rejected, kz.unanswered) == (2, 2, 2, 2)
    assert (kz.judged, kz.arrived, kz.asked) == (14, 3, 0)
    assert (kz.timed, kz.slow_ms, kz.within_1, kz.within_5, kz.within_20) == (2, 4000, 0, 2, 0)
    assert (ru.place, ru.taken, ru.within_20, ru.judged, ru.arrived) == ("RU", 1, 1, 1, 0)


def test_a_young_minute_is_not_judged_and_answers_come_last(sms: Account) -> None:
    left(sms, make.MONDAY, "answered", 4)
    look_at(make.MONDAY + timedelta(minutes=2))
    assert WeatherMinute.objects.values_list("tried", "judged", "asked").get() == (4, 0, 0)
    arrives, answers = weather.ripe(find_channel("smsc").card)
    look_at(make.MONDAY + arrives + timedelta(minutes=1))
    assert WeatherMinute.objects.values_list("tried", "judged", "asked").get() == (4, 4, 0)
    look_at(make.MONDAY + answers + timedelta(minutes=1))
    assert WeatherMinute.objects.values_list("judged", "asked", "answered").get() == (4, 4, 4)


def test_the_countries_of_numbers_are_the_same_here_and_there(sms: Account) -> None:
    numbers = [RU, KZ, "+76001234567", "+74951234567", "+998901234567", "+12025550123", "77011234567"]
    for number in numbers:
        left(sms, make.MONDAY, address=number)
    look_at(make.MONDAY + timedelta(minutes=3))
    told = {number: place_of("phone", number) for number in numbers}
    counted = dict(WeatherMinute.objects.values_list("place", "tried"))
    assert counted == {place: list(told.values()).count(place) for place in told.values()}
    assert (place_of("telegram", KZ), place_of("whatsapp", KZ)) == ("", "KZ")


def history(account: Account, arrived: int, address: str = KZ, days: int = 8) -> None:
    """Ten messages a day at this hour, of which so many arrived."""
    place = place_of("phone", address)
    for day in range(1, days):
        for hour in range(24):
            WeatherMinute.objects.create(
                account=account, place=place, minute=make.MONDAY - timedelta(days=day, hours=hour), tried=10, taken=10,
                judged=10, arrived=arrived if hour == 0 else 5,
            )  # fmt: skip


def test_the_usual_is_of_this_hour_and_kind_of_day(sms: Account) -> None:
    row = Weather(account=sms, changed_at=now(), looked_at=now())
    assert usual_of(row, now()).arrived is None
    history(sms, 10)  # this hour good, the others half; of seven days five are working days
    row.usual_key = ""
    assert usual_of(row, now()).arrived == pytest.approx(1.0)
    WeatherMinute.objects.update(bad=True)
    row.usual_key = ""
    assert usual_of(row, now()).arrived is None  # bad weather is no part of the usual


def test_a_storm_comes_is_told_and_passes(sms: Account) -> None:
    history(sms, 10)
    at = make.MONDAY
    for n in range(30):
        left(sms, at + timedelta(minutes=n), "delivered" if n < 10 or n % 3 == 0 else "sent", 3)
    for n in range(0, 40, 3):
        look_at(at + timedelta(minutes=n, seconds=30))
    spell = Spell.objects.get()
    assert (levels()[""], spell.kind, spell.usual, spell.ended_at) == (2, "arrived", 1.0, None)
    assert spell.since == at + timedelta(minutes=10)
    assert spell.share == pytest.approx(6 / 20, abs=0.06)
    assert Fact.objects.filter(type=FACTS).last().data["level"] == 2  # type: ignore[union-attr]
    for n in range(40, 52):
        left(sms, at + timedelta(minutes=n), "delivered")
    for n in range(40, 70, 3):
        look_at(at + timedelta(minutes=n, seconds=30))
    spell.refresh_from_db()
    assert levels()[""] == 0
    assert spell.ended_at is not None
    assert Fact.objects.filter(type=FACTS).last().data["level"] == 0  # type: ignore[union-attr]
    assert WeatherMinute.objects.filter(bad=True, minute=at + timedelta(minutes=15)).exists()
    assert not WeatherMinute.objects.filter(bad=True, minute=at + timedelta(minutes=5)).exists()


def test_only_the_country_that_suffers_is_in_a_storm(sms: Account) -> None:
    for n in range(20):
        left(sms, make.MONDAY + timedelta(minutes=n), "delivered", 3, address=RU)
        left(sms, make.MONDAY + timedelta(minutes=n), "failed", 3, address=KZ)
    for n in range(2, 28, 3):
        look_at(make.MONDAY + timedelta(minutes=n, seconds=30))
    assert levels() == {"": 0, "KZ": 2, "RU": 0}
    assert Spell.objects.get().place == "KZ"


def test_a_silent_gateway_is_a_storm_and_a_short_silence_is_not(sms: Account) -> None:
    since = make.MONDAY
    Account.objects.update(health="down", health_since=since)
    assert look_at(since + timedelta(seconds=90)) == 0
    assert look_at(since + timedelta(minutes=2)) == 1
    assert (Spell.objects.get().kind, Spell.objects.get().since) == ("down", since)
    Account.objects.update(health="ok", health_since=since + timedelta(minutes=30))
    left(sms, since + timedelta(minutes=31), "delivered", 5)
    assert look_at(since + timedelta(minutes=34)) == 0
    assert look_at(since + timedelta(minutes=50)) == 1
    assert levels()[""] == 0


def test_a_turned_clock_and_a_long_sleep_are_harmless(sms: Account) -> None:
    left(sms, make.MONDAY, "failed", 20)
    look_at(make.MONDAY + timedelta(hours=3))
    assert WeatherMinute.objects.get().judged == 20  # looked at late, and yet counted
    before = levels()
    look_at(make.MONDAY - timedelta(days=1))
    look_at(make.MONDAY + timedelta(hours=3, minutes=1))
    assert levels() == before
    look_at(make.MONDAY + timedelta(days=400))
    assert not WeatherMinute.objects.exists()  # five weeks are kept


def test_staff_channels_have_no_weather(sms: Account) -> None:
    make.make_account("pachca")
    look_at(make.MONDAY)
    assert set(Weather.objects.values_list("account__channel", flat=True)) == {"smsc"}
