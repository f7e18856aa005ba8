"""What a clinic may not do, it does not do: quiet hours, blocked bots, «стоп», sensitive services, stale messages."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from journeys.house import House, call, until

pytestmark = pytest.mark.journey
ALMATY = ZoneInfo("Asia/Almaty")


def local(moment: datetime, days: int, hour: int, minute: int = 0) -> datetime:
    """That hour in Almaty, so many days after the moment's date there."""
    day = moment.astimezone(ALMATY) + timedelta(days=days)
    return day.replace(hour=hour, minute=minute, second=0, microsecond=0).astimezone(UTC)


def at(message: dict[str, str]) -> datetime:
    return datetime.fromisoformat(message["at"]).astimezone(ALMATY)


def test_a_reminder_of_the_night_goes_the_evening_before(house: House) -> None:
    sms = house.phone("phone", "+77020000001")
    start = local(house.now(), 2, 8, 30)
    house.book("early", start, [{"channel": "phone", "address": "+77020000001"}])
    house.turn_to(start - timedelta(minutes=15))
    moments = [at(m) for m in sms.messages()]
    assert moments
    assert all(8 <= m.hour < 21 for m in moments)
    kinds = {n["kind"] for n in house.visit("early")["notifications"]}
    assert {"reminder_24h", "reminder_2h"} <= kinds
    late = [m for m in sms.messages() if "Ждем вас" in m["text"]]
    assert [f"{at(m):%H:%M}" for m in late] == ["20:30"]


def test_kazakh_and_sensitive(house: House) -> None:
    telegram = house.phone("telegram", "710100", "Айгерім")
    house.book(
        "kk", house.now() + timedelta(days=3), [{"channel": "telegram", "address": "710100"}], language="kk",
        given="Айгерім", service={"id": "s-sens", "name": "Прием венеролога", "sensitive": True},
    )  # fmt: skip
    told = telegram.wait("Сіз жазылдыңыз")
    assert [b["label"] for b in told["buttons"]] == ["Келемін", "Ауыстыру", "Бас тарту"]
    assert "венеролог" not in told["text"].lower()
    telegram.say("келемін")
    until(lambda: house.visit("kk")["state"] == "confirmed", what="the Kazakh yes")
    telegram.wait("Рақмет")
    assert "келемін" in house.visit("kk")["confirmation"]["evidence"]


def test_a_blocked_bot_is_skipped(house: House) -> None:
    telegram, sms = house.phone("telegram", "710200"), house.phone("phone", "+77020000002")
    contacts = [{"channel": "telegram", "address": "710200"}, {"channel": "phone", "address": "+77020000002"}]
    start = local(house.now(), 2, 12)
    house.book("blocked", start, contacts)
    telegram.wait("Вы записаны")
    telegram.do("block")
    reached = house.api("GET", "/patients/p-blocked").body
    until(lambda: "blocked" in str(house.api("GET", "/patients/p-blocked").body), what=f"the block in {reached}")
    house.turn_to(start - timedelta(hours=23, minutes=30))
    legs = next(n for n in house.visit("blocked")["notifications"] if n["kind"] == "reminder_24h")["legs"]
    assert [leg["channel"] for leg in legs] == ["smsc"]
    assert sms.wait("Визит")


def test_stop_stops(house: House) -> None:
    sms = house.phone("phone", "+77020000003")
    start = local(house.now(), 2, 12)
    house.book("stop", start, [{"channel": "phone", "address": "+77020000003"}])
    sms.wait("Вы записаны")
    sms.say("стоп")
    sms.wait("Больше не пишем")
    count = len(sms.messages())
    house.turn_to(start - timedelta(hours=1, minutes=30))
    assert len(sms.messages()) == count
    assert [t for t in house.tasks() if "stop" in str(t["visit"])]  # the promise stands: a person calls
    assert house.visit("stop")["silent"] is False


def test_any_other_words_are_for_a_person(house: House) -> None:
    telegram = house.phone("telegram", "710400")
    house.book("words", house.now() + timedelta(days=3), [{"channel": "telegram", "address": "710400"}])
    telegram.wait("Вы записаны")
    telegram.say("А можно с ребенком?")
    thread = until(
        lambda: t if (t := house.api("GET", "/conversations/p-words").body) and "ребенком" in str(t) else None,
        what="the words in the thread",
    )
    assert house.visit("words")["state"] == "booked"
    texts = [m["text"] for m in thread.get("items", thread.get("messages", thread))]
    assert texts[-1] == "А можно с ребенком?"
    assert texts[0].startswith("Здравствуйте")


def test_no_show_is_offered_the_next_times(house: House) -> None:
    telegram = house.phone("telegram", "710500")
    start = local(house.now(), 2, 12)
    house.book("missed", start, [{"channel": "telegram", "address": "710500"}], doctor="d-missed")
    telegram.press(telegram.wait("Вы записаны"), "Приду")
    until(lambda: house.visit("missed")["state"] == "confirmed")
    house.turn_to(start + timedelta(hours=1))
    assert house.event("visit.missed", {"visit": {"id": "missed"}}).status == 202
    house.turn(minutes=29)
    assert not [m for m in telegram.messages() if "не смогли прийти" in m["text"]]
    house.turn(minutes=2)
    offer = telegram.wait("не смогли прийти")
    telegram.press(offer, offer["buttons"][0]["label"])
    told = until(lambda: [m for m in telegram.messages() if "Вы записаны" in m["text"]][1:], what="the new booking")
    assert told
    assert house.visit("missed")["state"] == "missed"


def test_an_old_button_never_acts_on_a_moved_visit(house: House) -> None:
    telegram = house.phone("telegram", "710600")
    start = local(house.now(), 4, 12)
    house.book("old", start, [{"channel": "phone", "address": "+77020000006"}], patient="p-old")
    sms = house.phone("phone", "+77020000006")
    sms.wait("Вы записаны")
    house.book("old", start + timedelta(hours=1), [{"channel": "phone", "address": "+77020000006"}], patient="p-old")
    sms.wait("Визит перенесен")
    assert house.visit("old")["state"] == "moved"
    assert telegram.messages() == []
    house.turn_to(start - timedelta(hours=22))
    assert [n["kind"] for n in house.visit("old")["notifications"]].count("reminder_24h") == 1


def test_forged_and_broken_webhooks(house: House) -> None:
    forged = call(
        "POST", f"{house.web}/hooks/telegram/telegram", {"update_id": 1}, {"x-telegram-bot-api-secret-token": "x"}
    )
    assert forged.status == 403
    assert call("POST", f"{house.web}/hooks/telegram/nobody", {"update_id": 1}).status == 404
