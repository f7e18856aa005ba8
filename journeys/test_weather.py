"""A messenger falls silent, or takes what it never delivers: reminders go round it early, the staff read why, and when
it is well the routes return."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from journeys.desk import Desk
from journeys.house import House, Phone, until

pytestmark = pytest.mark.journey
PLACE = re.compile(r'<ul class="weather">.*?</ul>', re.S)
LINE = re.compile(r"<li.*?</li>", re.S)


def weather(desk: Desk, of: str = "") -> str:
    """What today's page says of the channels (of those whose name begins so), in words alone."""
    found = PLACE.search(desk.see("/"))
    lines = LINE.findall(found[0]) if found else []
    said = [re.sub(r"<[^>]+>|\s+", " ", line).replace("\u00a0", " ").strip() for line in lines]
    return "; ".join(line for line in said if line.startswith(of))


def visitor(house: House, number: int, kind: str = "telegram") -> tuple[Phone, Phone]:
    """Somebody with a chat and a phone books a visit: their chat, their SMS."""
    chat, phone = f"+7706000{number:04}" if kind == "whatsapp" else str(760000 + number), f"+7705000{number:04}"
    phones = house.phone(kind, chat), house.phone("phone", phone)
    start = (house.now() + timedelta(days=2)).replace(hour=8, minute=0, second=0, microsecond=0)
    house.book(f"weather-{number}", start, [{"channel": kind, "address": chat}, {"channel": "phone", "address": phone}])
    return phones


def texts(phone: Phone) -> list[str]:
    return [message["text"] for message in phone.messages()]


def legs(house: House, number: int) -> list[dict[str, Any]]:
    """What was tried to tell that visitor that they are booked."""
    found = [note["legs"] for note in house.visit(f"weather-{number}")["notifications"]]
    return list(found[0]) if found else []


def test_round_a_silent_messenger_and_back(house: House) -> None:
    before, _ = visitor(house, 1)
    before.wait("Вы записаны")
    house.turn(minutes=1)
    desk = Desk(house)
    assert weather(desk) == ""

    house.gateway("telegram", "down")
    began = house.now()
    waiting = [visitor(house, number) for number in (2, 3)]
    until(lambda: all(house.visit(f"weather-{n}")["notifications"] for n in (2, 3)), what="the notifications")
    house.turn(minutes=4)
    for _ in range(3):  # what is just being tried over the silent one leaves it at the next look
        if all(texts(sms) for _, sms in waiting):
            break
        house.turn(minutes=1)
    for chat, sms in waiting:
        assert "записаны" in sms.wait("записаны", within=20)["text"]
        assert texts(chat) == []
    assert house.now() - began < timedelta(minutes=8)  # by the route's own patience it would be an hour and more
    said = until(lambda: found if "через SMS" in (found := weather(desk)) else "", what="the words")
    assert said.startswith("Telegram, демо: не отвечает с ")
    assert "RUB за сегодня" in said  # the demo gateway tells what each SMS costs

    house.gateway("telegram", "ok")
    for number in range(10, 20):  # one in ten minutes is sent there to see
        visitor(house, number)
        house.turn(minutes=11)
        if "снова как обычно" in weather(desk):
            break
    assert "плохо было с " in weather(desk)
    chat, sms = visitor(house, 30)
    chat.wait("Вы записаны")
    assert texts(sms) == []
    for chat, _ in waiting:
        assert texts(chat) == []  # nothing comes late, and nothing twice


def test_round_a_messenger_that_loses_and_back(house: House) -> None:
    """The gateway says «accepted» to everything; only the reports that do not come betray it."""
    with psycopg.connect((house.data / "database.url").read_text().strip(), autocommit=True) as database:
        database.execute("UPDATE delivery_account SET purpose = 'campaigns' WHERE purpose = 'spare'")
    desk = Desk(house)
    for number in range(101, 105):
        visitor(house, number, "whatsapp")[0].wait("Вы записаны")
    house.turn(minutes=6)
    assert weather(desk, "WhatsApp") == ""

    house.gateway("whatsapp", "lose")
    names = range(111, 121)
    lost = [visitor(house, number, "whatsapp") for number in names]
    until(lambda: all("accepted" in str(legs(house, number)) for number in names), what="the gateway's word")
    house.turn(minutes=6)
    for number, (chat, sms) in zip(names, lost, strict=True):  # what is not reported within minutes goes on
        assert "записаны" in sms.wait("записаны", within=20)["text"]
        assert texts(chat) == []
        assert [leg["channel"] for leg in legs(house, number)] == ["whatsapp", "smsc"]
    until(lambda: "доходит лишь" in weather(desk, "WhatsApp"), what="the storm to be seen")
    later = [visitor(house, number, "whatsapp") for number in range(121, 124)]
    until(lambda: any(texts(sms) for _, sms in later), what="an SMS at once, but for the one sent to see")
    said = until(lambda: found if "через SMS" in (found := weather(desk, "WhatsApp")) else "", what="the words")
    share = re.match(r"WhatsApp, демо: с \d\d:\d\d доходит лишь (\d+) %, напоминания идут через SMS", said)
    assert share is not None, said
    assert int(share[1]) < 50

    house.gateway("whatsapp", "ok")
    for number in range(131, 145):
        visitor(house, number, "whatsapp")
        house.turn(minutes=11)
        if "снова как обычно" in weather(desk, "WhatsApp"):
            break
    assert "плохо было с " in weather(desk, "WhatsApp")
    chat, sms = visitor(house, 150, "whatsapp")
    chat.wait("Вы записаны")
    assert texts(sms) == []
    for chat, _ in lost + later:
        assert texts(chat) == []  # what was lost stays lost, and nobody is told twice
