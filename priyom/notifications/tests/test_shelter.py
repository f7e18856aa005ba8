"""Routes and the weather: round a storm, by a spare first, with a few probes; out of it early, a few at a time."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from priyom.contracts.message import Signal
from priyom.delivery.models import Account, Delivery, Purpose
from priyom.delivery.weather_models import Detour, Spell, Weather
from priyom.foundation.clock import now
from priyom.notifications.models import Leg, Notification
from priyom.notifications.notify import Order, notify
from priyom.notifications.rules import Way, leave_now, probes, sheltered
from priyom.notifications.shelter import LEFT, PROBE_EVERY, leave_storms
from priyom.notifications.tests.conftest import Accounts
from priyom.notifications.ways import ways
from tests.driver import gateway, settle_house, tell, turn
from tests.factories import MAIL, MONDAY, make_account, make_patient, make_visit

HOUR, DAY, MINUTE = timedelta(hours=1), timedelta(days=1), timedelta(minutes=1)


def storm(account: Account, place: str = "", kind: str = "down", probed: datetime | None = None) -> Weather:
    """A storm that begins now; `probed`: when somebody was last sent through it."""
    Spell.objects.create(account=account, place=place, level=2, kind=kind, since=now(), noticed_at=now())
    return Weather.objects.create(
        account=account, place=place, level=2, kind=kind, changed_at=now(), looked_at=now(), probe_at=probed or now()
    )


def over(account: Account) -> None:
    Weather.objects.filter(account=account).update(level=0)
    Spell.objects.filter(account=account).update(ended_at=now())


def reminder(chat: str = "5001", phone: str = "+77010000001", start: timedelta = DAY, **more: str) -> Notification:
    contacts = {kind: address for kind, address in (("telegram", chat), ("phone", phone)) if address}
    visit = make_visit(make_patient(**contacts, **more), MONDAY + start)
    number = notify(Order(visit, "reminder_24h", "answered", must_reach=True))
    assert number is not None
    row = Notification.objects.get(pk=number)
    while probes(row.pk):  # those who always go through a storm are tested by themselves
        Notification.objects.filter(pk=row.pk).delete()
        number = notify(Order(visit, "reminder_24h", "answered", must_reach=True))
        assert number is not None
        row = Notification.objects.get(pk=number)
    return row


def legs(row: Notification) -> list[tuple[str, str]]:
    found = Leg.objects.filter(notification=row).order_by("position").select_related("account")
    return [(leg.account.key, leg.state) for leg in found]


def test_a_route_goes_round_a_storm_and_comes_back(accounts: Accounts) -> None:
    storm(accounts["telegram"])
    row = reminder()
    settle_house()
    assert legs(row) == [("smsc", "waiting")]
    detour = Detour.objects.select_related("spell", "delivery").get()
    assert (detour.spell.account, detour.delivery.account) == (accounts["telegram"], accounts["smsc"])
    over(accounts["telegram"])
    again = reminder("5002", "+77010000002")
    settle_house()
    assert legs(again) == [("telegram", "waiting")]
    assert Detour.objects.count() == 1


def test_rough_weather_turns_no_route(accounts: Accounts) -> None:
    Weather.objects.filter(pk=storm(accounts["telegram"]).pk).update(level=1)
    row = reminder()
    settle_house()
    assert legs(row) == [("telegram", "waiting")]


def test_the_only_way_is_used_all_the_same(accounts: Accounts) -> None:
    storm(accounts["telegram"])
    row = reminder(phone="")
    settle_house()
    assert legs(row) == [("telegram", "waiting")]
    turn(10 * MINUTE, say=lambda d: Signal.ACCEPTED)
    assert leave_storms() == 0
    assert not Detour.objects.exists()


def test_a_spare_of_the_same_kind_takes_over_first(accounts: Accounts) -> None:
    spare = make_account("smsru", key="spare")
    Account.objects.filter(pk=spare.pk).update(purpose=Purpose.SPARE)
    storm(accounts["smsc"])
    row = reminder(chat="", email=MAIL)
    settle_house()
    assert legs(row) == [("spare", "waiting")]
    assert Detour.objects.get().delivery.account == spare


def test_a_storm_over_one_country_lets_the_others_pass(accounts: Accounts) -> None:
    storm(accounts["smsc"], "KZ")
    here, there = reminder(chat="", email=MAIL, start=2 * DAY), reminder("", "+79160000001", 2 * DAY, email="b@c.ru")
    settle_house()
    assert (legs(here), legs(there)) == ([("smtp", "waiting")], [("smsc", "waiting")])


def test_one_in_ten_minutes_goes_through_the_storm_first(accounts: Accounts) -> None:
    storm(accounts["telegram"], probed=now() - PROBE_EVERY)
    rows = [reminder(str(n), f"+7701000{n:04}") for n in range(3)]
    settle_house()
    assert [legs(row)[0][0] for row in rows] == ["telegram", "smsc", "smsc"]
    turn(PROBE_EVERY)
    later = reminder("9", "+77010000009")
    settle_house()
    assert legs(later)[0][0] == "telegram"


def test_who_has_little_time_left_is_no_probe(accounts: Accounts) -> None:
    storm(accounts["telegram"], probed=now() - PROBE_EVERY)
    row = reminder()
    Notification.objects.filter(pk=row.pk).update(call_at=now() + 20 * MINUTE)
    settle_house()
    assert legs(row)[0][0] == "smsc"


def test_about_one_of_twenty_is_always_a_probe() -> None:
    assert 40 < sum(probes(number) for number in range(1, 1001)) < 60


def test_what_waits_at_a_dead_gateway_leaves_it_and_never_goes_there(accounts: Accounts) -> None:
    row = reminder()
    settle_house()
    storm(accounts["telegram"])
    assert leave_storms() == 1
    settle_house()
    assert legs(row) == [("telegram", "passed"), ("smsc", "waiting")]
    assert Leg.objects.get(position=0).reason == LEFT
    assert [delivery.account.key for delivery in gateway()] == ["smsc"]
    assert Detour.objects.get().spell.account == accounts["telegram"]


def test_what_may_have_gone_stays_and_its_late_word_stops_the_rest(accounts: Accounts) -> None:
    row = reminder(chat="", email=MAIL, start=2 * DAY)
    settle_house()
    gateway(Signal.SENT)  # the SMS gateway took it
    storm(accounts["smsc"], kind="arrived")
    assert leave_storms() == 0  # too young to say that it has not arrived
    turn(7 * MINUTE)
    assert leave_storms() == 1
    settle_house()
    assert legs(row) == [("smsc", "passed"), ("smtp", "waiting")]
    first = Delivery.objects.get(account=accounts["smsc"])
    assert first.state == "settled"
    tell(first, Signal.ANSWERED)
    settle_house()


def test_what_has_arrived_waits_for_its_answer(accounts: Accounts) -> None:
    row = reminder(chat="", email=MAIL, start=2 * DAY)
    settle_house()
    gateway(Signal.DELIVERED)
    storm(accounts["smsc"], kind="arrived")
    turn(9 * MINUTE)
    assert leave_storms() == 0
    assert legs(row) == [("smsc", "waiting")]


def test_a_messenger_that_swallows_is_left_only_when_that_is_the_trouble(accounts: Accounts) -> None:
    row = reminder()
    settle_house()
    gateway(Signal.ACCEPTED)
    weather = storm(accounts["telegram"], kind="taken")
    assert leave_storms() == 0  # it was taken: more this channel never tells
    Weather.objects.filter(pk=weather.pk).update(kind="answers")
    assert leave_storms() == 1
    settle_house()
    assert legs(row) == [("telegram", "passed"), ("smsc", "waiting")]


def test_a_probe_is_given_its_time(accounts: Accounts) -> None:
    storm(accounts["telegram"], probed=now() - PROBE_EVERY)
    turn(MINUTE)
    row = reminder()
    settle_house()
    assert legs(row) == [("telegram", "waiting")]
    assert leave_storms() == 0
    turn(6 * MINUTE, say=lambda d: Signal.UNCERTAIN)
    assert leave_storms() == 1


def test_nobody_leaves_into_the_quiet_hours(accounts: Accounts) -> None:
    row = reminder()
    settle_house()
    storm(accounts["telegram"])
    turn(MONDAY + timedelta(hours=11) - now())  # 22:00
    Notification.objects.filter(pk=row.pk).update(act_at=now() + 9 * HOUR)
    assert Leg.objects.filter(state="waiting").count() == 1
    assert leave_storms() == 0


@pytest.mark.parametrize(("waiting", "most"), [(0, 20), (10, 20), (600, 40), (100_000, 200)])
def test_storms_are_left_a_few_at_a_time(waiting: int, most: int) -> None:
    assert leave_now(waiting) == most


def test_an_hour_down_floods_neither_the_next_channel_nor_the_one_that_returns(accounts: Accounts) -> None:
    rows = [reminder(str(n), f"+7701000{n:04}") for n in range(22)]
    settle_house()
    storm(accounts["telegram"])
    per_minute = []
    for _ in range(2):
        per_minute.append(leave_storms())
        settle_house()
        gateway(lambda d: Signal.ACCEPTED if d.account_id == accounts["smsc"].pk else Signal.UNCERTAIN)
        turn(MINUTE, say=Signal.ACCEPTED)
    assert per_minute == [20, 2]
    over(accounts["telegram"])
    before = Delivery.objects.filter(account=accounts["telegram"]).count()
    turn(MINUTE)
    assert Delivery.objects.filter(account=accounts["telegram"]).count() == before  # nobody is sent there twice
    keys = [key for row in rows for key, _ in legs(row)]
    assert keys.count("telegram") == len(rows)


sorts = st.sampled_from(["messenger", "notice", "sms", "mail", "voice"])
any_ways = st.lists(
    st.builds(
        Way, contact_point_id=st.integers(1, 5), account_id=st.integers(1, 9), channel=st.just("x"),
        address=st.just("a"), sort=sorts, own=st.booleans(), usual=st.just(HOUR), storm=st.booleans(),
    )
)  # fmt: skip


@given(any_ways)
def test_shelter_loses_no_way_and_changes_nothing_in_fair_weather(found: list[Way]) -> None:
    assert sorted(map(repr, sheltered(found))) == sorted(map(repr, found))
    calm = [replace(way, storm=False) for way in found]
    assert sheltered(calm) == calm


def test_ways_in_a_storm_stand_before_a_voice_and_before_relatives(accounts: Accounts) -> None:
    storm(accounts["telegram"])
    patient = make_patient(telegram="5001", phone="+77010000001")
    assert [way.channel for way in ways(patient.pk, "service", "answered")] == ["smsc", "telegram"]
