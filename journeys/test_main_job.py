"""The main job, over the contract alone: a visit is booked, the patient is reminded where they can be reached, answers
by one button, and no visit stays silent."""

from __future__ import annotations

from datetime import timedelta

import pytest

from journeys.house import House, until

pytestmark = pytest.mark.journey


def test_one_button_confirms(house: House) -> None:
    telegram = house.phone("telegram", "700100", "Анна")
    start = house.now().replace(minute=0, second=0, microsecond=0) + timedelta(days=2, hours=3)
    house.book(
        "one", start, [{"channel": "telegram", "address": "700100"}, {"channel": "phone", "address": "+77010000001"}]
    )
    told = telegram.wait("Вы записаны")
    assert [b["label"] for b in told["buttons"]] == ["Приду", "Перенести", "Отменить"]
    assert house.visit("one")["state"] == "booked"
    assert house.visit("one")["silent"] is False

    house.turn_to(start - timedelta(hours=24))
    reminder = telegram.wait("напоминаем")
    telegram.press(reminder, "Приду")
    visit = until(lambda: v if (v := house.visit("one"))["state"] == "confirmed" else None, what="confirmed")
    assert visit["confirmation"]["by"] == "patient"
    assert visit["confirmation"]["channel"] == "telegram"
    assert "кнопка в Telegram" in visit["confirmation"]["evidence"]
    reached = {"kind": "reminder_24h", "state": "reached"}
    asked = until(lambda: next((n for n in house.visit("one")["notifications"] if reached.items() <= n.items()), None))
    assert asked["legs"][0]["signal"] == "answered"
    edited = until(lambda: next((m for m in telegram.messages() if m["id"] == reminder["id"] and m["edited"]), None))
    assert "Вы подтвердили" in edited["text"]
    assert [b["label"] for b in edited["buttons"]] == ["Перенести", "Отменить"]

    house.turn_to(start - timedelta(minutes=30))
    assert "reminder_2h" not in {n["kind"] for n in house.visit("one")["notifications"]}
    # He had never answered in Telegram before, so the news of the booking went to SMS too; no reminder did.
    assert [m["text"][:12] for m in house.phone("phone", "+77010000001").messages()] == ["Вы записаны:"]


def test_nobody_answers_so_a_person_calls(house: House) -> None:
    telegram = house.phone("telegram", "700200", "Берик")
    sms = house.phone("phone", "+77010000002", "Берик")
    start = house.now().replace(hour=8, minute=0, second=0, microsecond=0) + timedelta(days=2)
    house.book(
        "two", start, [{"channel": "telegram", "address": "700200"}, {"channel": "phone", "address": "+77010000002"}]
    )
    telegram.wait("Вы записаны")
    house.turn_to(start - timedelta(hours=24))
    telegram.wait("напоминаем")
    assert not [m for m in sms.messages() if "Ответьте 1 - приду" in m["text"] and "Визит" in m["text"]]

    house.turn_to(start - timedelta(hours=2))
    asked = sms.wait("Ответьте 1 - приду, 2 - перенести, 3 - отменить")
    assert asked
    task = next(t for t in house.tasks() if t["visit"] == "two" or t["visit"].get("id") == "two")
    assert task["kind"] == "call"
    assert [entry["channel"] for entry in task["tried"]][:2] == ["telegram", "smsc"]
    visit = house.visit("two")
    assert visit["silent"] is False
    legs = next(n for n in visit["notifications"] if n["kind"] == "reminder_24h")["legs"]
    assert [leg["channel"] for leg in legs] == ["telegram", "smsc"]
    assert legs[1]["signal"] == "delivered"
    assert next(m for m in visit["timeline"] if m["kind"] == "call_task")["at"] < visit["start"]

    sms.say("1")  # a late answer closes the task by itself
    until(lambda: house.visit("two")["state"] == "confirmed", what="the late answer")
    until(lambda: not [t for t in house.tasks() if t["id"] == task["id"]], what="the task to close itself")


def test_silent_when_even_the_last_call_is_too_late(house: House) -> None:
    start = house.now() + timedelta(days=1, hours=1)
    house.book("silent", start, [])
    house.turn_to(start - timedelta(minutes=90))
    assert house.visit("silent")["silent"] is False
    house.turn_to(start - timedelta(minutes=20))
    assert house.visit("silent")["silent"] is True


def test_move_by_one_button_and_reminders_follow(house: House) -> None:
    telegram = house.phone("telegram", "700300", "Вера")
    start = (house.now() + timedelta(days=3)).replace(hour=6, minute=0, second=0, microsecond=0)
    house.book("three", start, [{"channel": "telegram", "address": "700300"}], doctor="d3")
    told = telegram.wait("Вы записаны")
    telegram.press(told, "Перенести")
    offer = telegram.wait("Выберите новое время")
    times = [b for b in offer["buttons"] if ":" in b["label"]]
    assert len(times) >= 2
    telegram.press(offer, times[-1]["label"])
    visit = until(lambda: v if (v := house.visit("three"))["state"] == "moved" else None, what="moved")
    assert visit["start"] != start.isoformat()
    assert visit["version"] == 2
    moved = telegram.wait("перенесен")
    assert "Было:" in moved["text"]
    old = until(lambda: next((m for m in telegram.messages() if m["id"] == told["id"] and m["edited"]), None))
    assert old["buttons"] == []
    assert "Перенесено на" in old["text"]

    from_text = visit["start"].replace("Z", "+00:00")
    new_start = type(start).fromisoformat(from_text)
    house.turn_to(new_start - timedelta(hours=22))
    kinds = [n["kind"] for n in house.visit("three")["notifications"]]
    assert kinds.count("reminder_24h") == 1
    telegram.wait("напоминаем")


def test_two_patients_one_time(house: House) -> None:
    start = (house.now() + timedelta(days=4)).replace(hour=6, minute=0, second=0, microsecond=0)
    phones = []
    for number in (1, 2):
        phone = house.phone("telegram", f"70040{number}")
        contacts = [{"channel": "telegram", "address": f"70040{number}"}]
        house.book(f"same{number}", start + timedelta(hours=number), contacts, doctor="d4")
        phone.press(phone.wait("Вы записаны"), "Перенести")
        phones.append((phone, phone.wait("Выберите новое время")))
    label = phones[0][1]["buttons"][0]["label"]
    assert phones[1][1]["buttons"][0]["label"] == label
    for phone, offer in phones:
        phone.press(offer, label)

    def told() -> list[bool]:
        return [any("только что заняли" in m["text"] for m in phone.messages()) for phone, _ in phones]

    refused = until(lambda: t if sum(t := told()) == 1 else None, what="one of the two to be offered other times")
    visits = [house.visit("same1"), house.visit("same2")]
    assert sorted(v["state"] for v in visits) == ["booked", "moved"]
    assert visits[refused.index(True)]["state"] == "booked"
    assert visits[0]["start"] != visits[1]["start"]


def test_cancel_is_asked_once_more(house: House) -> None:
    telegram = house.phone("telegram", "700500")
    start = house.now() + timedelta(days=5)
    house.book("cancel", start, [{"channel": "telegram", "address": "700500"}])
    telegram.press(telegram.wait("Вы записаны"), "Отменить")
    asked = telegram.wait("Точно отменить")
    assert house.visit("cancel")["state"] == "booked"
    telegram.press(asked, "Да, отменить")
    until(lambda: house.visit("cancel")["state"] == "cancelled", what="cancelled")
    telegram.wait("отменен")
    house.turn_to(start + timedelta(hours=1))
    assert {n["kind"] for n in house.visit("cancel")["notifications"]} == {"confirmation", "cancelled"}
