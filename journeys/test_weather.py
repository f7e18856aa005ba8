"""A messenger falls silent: reminders go round it early, the staff read why, and when it is well the routes return."""

from __future__ import annotations

import re
from datetime import timedelta
from http.cookiejar import CookieJar
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, build_opener

import pytest

from journeys.house import House, Phone, until

pytestmark = pytest.mark.journey
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
PLACE = re.compile(r'<ul class="weather">.*?</ul>', re.S)


class Desk:
    """The registrar's browser, without one."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._open = build_opener(HTTPCookieProcessor(CookieJar()))
        token = TOKEN.search(self.page("/login"))
        assert token is not None
        values = {"csrfmiddlewaretoken": token[1], "username": "registrar", "password": "demo-registrar"}
        self._open.open(f"{house.web}/login", urlencode(values).encode(), timeout=30).close()

    def page(self, path: str) -> str:
        """A page as text."""
        with self._open.open(f"{self._house.web}{path}", timeout=30) as response:
            text: str = response.read().decode()
            return text

    def weather(self) -> str:
        """What today's page says of the channels, in words alone."""
        found = PLACE.search(self.page("/"))
        return re.sub(r"<[^>]+>|\s+", " ", found[0]).replace("\u00a0", " ").strip() if found else ""


def visitor(house: House, number: int, days: int = 2) -> tuple[Phone, Phone]:
    """Somebody with a chat and a phone books a visit: their chat, their SMS."""
    chat, phone = str(760000 + number), f"+7705000{number:04}"
    phones = house.phone("telegram", chat), house.phone("phone", phone)
    start = (house.now() + timedelta(days=days)).replace(hour=8, minute=0, second=0, microsecond=0)
    contacts = [{"channel": "telegram", "address": chat}, {"channel": "phone", "address": phone}]
    house.book(f"weather-{number}", start, contacts)
    return phones


def texts(phone: Phone) -> list[str]:
    return [message["text"] for message in phone.messages()]


def test_round_a_silent_messenger_and_back(house: House) -> None:
    before, _ = visitor(house, 1)
    before.wait("Вы записаны")
    house.turn(minutes=1)
    desk = Desk(house)
    assert desk.weather() == ""

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
    said = until(lambda: found if "через SMS" in (found := desk.weather()) else "", what="the words")
    assert said.startswith("Telegram, демо: не отвечает с ")
    assert "RUB за сегодня" in said  # the demo gateway tells what each SMS costs

    house.gateway("telegram", "ok")
    for number in range(10, 20):  # one in ten minutes is sent there to see
        visitor(house, number)
        house.turn(minutes=11)
        if "снова как обычно" in desk.weather():
            break
    assert "плохо было с " in desk.weather()
    chat, sms = visitor(house, 30)
    chat.wait("Вы записаны")
    assert texts(sms) == []
    for chat, _ in waiting:
        assert texts(chat) == []  # nothing comes late, and nothing twice
