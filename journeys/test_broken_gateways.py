"""A gateway fails; the route goes on, nothing floods when it returns, and what is uncertain is said."""

from __future__ import annotations

from datetime import timedelta

import pytest

from journeys.house import House, until

pytestmark = pytest.mark.journey


def test_down_for_an_hour(house: House) -> None:
    telegram, sms = house.phone("telegram", "730100"), house.phone("phone", "+77040000001")
    contacts = [{"channel": "telegram", "address": "730100"}, {"channel": "phone", "address": "+77040000001"}]
    start = (house.now() + timedelta(days=2)).replace(hour=8, minute=0, second=0, microsecond=0)
    house.book("down", start, contacts)
    telegram.wait("Вы записаны")
    telegram.say("Спасибо")  # so that the confirmation is settled and Telegram stands first
    house.turn_to(start - timedelta(hours=24, minutes=5))
    house.gateway("telegram", "down")
    try:
        house.turn_to(start - timedelta(hours=3))
        assert sms.wait("Визит")
    finally:
        house.gateway("telegram", "ok")
    before = len(telegram.messages())
    house.turn(minutes=30)
    visit = house.visit("down")
    legs = next(n for n in visit["notifications"] if n["kind"] == "reminder_24h")["legs"]
    assert [leg["channel"] for leg in legs] == ["telegram", "smsc"]
    # What waited for the dead gateway was taken back: nothing comes late and twice.
    assert [m for m in telegram.messages()[before:] if "напоминаем" in m["text"]] == []


def test_accepts_and_hangs_is_uncertain_and_not_repeated(house: House) -> None:
    telegram = house.phone("telegram", "730200")
    house.gateway("telegram", "hang")
    try:
        house.book("hang", house.now() + timedelta(days=3), [{"channel": "telegram", "address": "730200"}])
        visit = until(
            lambda: v if "uncertain" in str((v := house.visit("hang"))["notifications"]) else None, within=60,
            what="the outcome to be called uncertain",
        )  # fmt: skip
        assert "неизвестно" in str(visit["notifications"])
    finally:
        house.gateway("telegram", "ok")
    house.turn(hours=1)
    assert len([m for m in telegram.messages() if "Вы записаны" in m["text"]]) == 1


def test_too_fast_slows_down_and_arrives(house: House) -> None:
    telegram = house.phone("telegram", "730300")
    house.gateway("telegram", "throttle")
    house.book("throttle", house.now() + timedelta(days=3), [{"channel": "telegram", "address": "730300"}])
    until(lambda: house.visit("throttle")["notifications"], what="the notification")
    house.gateway("telegram", "ok")
    telegram.wait("Вы записаны", within=30)
