"""A gateway takes messages and never answers: each is listed, and ends by evidence, by the route or by a person."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest

from journeys.desk import Desk
from journeys.house import House, until

pytestmark = pytest.mark.journey


def doubt(house: House, patient: str) -> dict[str, Any] | None:
    """What is, or was, not known of a message to that patient."""
    items = house.api("GET", "/uncertain").body["items"]
    return next((item for item in items if item["patient"] == patient), None)


def ended(house: House, patient: str, state: str, what: str) -> dict[str, Any]:
    """The same, as soon as it stands so."""
    return until(
        lambda: found if (found := doubt(house, patient)) and found["state"] == state else None, within=40, what=what
    )


def test_every_doubt_ends_in_its_own_way(house: House) -> None:
    talks, asked = house.phone("telegram", "760100"), house.phone("telegram", "760200")
    sms = house.phone("phone", "+77060000002")
    soon = house.now() + timedelta(days=3)
    house.book("talk", soon, [{"channel": "telegram", "address": "760100"}], given="Дана")
    talks.wait("Вы записаны")
    talks.say("Можно прийти с мамой?")
    until(lambda: "с мамой" in str(house.api("GET", "/conversations/p-talk").body), what="the question")
    desk = Desk(house)
    chat = re.findall(r'href="(/chats/\d+)"', desk.see("/chats/rows"))[0]

    house.gateway("telegram", "hang")
    try:
        desk.do(f"{chat}/send", text="Да, приходите вдвоем")
        contacts = [{"channel": "telegram", "address": "760200"}, {"channel": "phone", "address": "+77060000002"}]
        house.book("asked", soon, contacts, doctor="d-doubt")
        open_one = ended(house, "p-talk", "open", "the registrar's words to be listed")
        policy = ended(house, "p-asked", "policy", "the route to go on")
    finally:
        house.gateway("telegram", "ok")

    assert (open_one["kind"], open_one["text"], open_one["how"]) == ("lost", "Да, приходите вдвоем", "")
    assert policy["how"] == "дальше отправлено: SMS"
    sms.wait("записаны")
    page = desk.see("/doubts")
    assert "Да, приходите вдвоем" in page.split("Уже решено")[0]
    assert "дальше отправлено: SMS" in page.split("Уже решено")[1]
    assert "не знаем, дошло ли" in desk.see(f"{chat}/messages")

    asked.press(asked.wait("Вы записаны"), "Приду")
    proven = ended(house, "p-asked", "evidence", "the press to prove it")
    assert proven["how"] == "пациент ответил; дальше отправлено: SMS"

    assert "Отправлено еще раз" in desk.do(f"/doubts/{open_one['id']}/again")
    until(lambda: [m["text"] for m in talks.messages()].count("Да, приходите вдвоем") == 2, what="the second one")
    assert ended(house, "p-talk", "person", "the registrar's word")["how"].endswith(": отправлено еще раз")
    assert "Это уже решено" in desk.do(f"/doubts/{open_one['id']}/again")
    assert doubt(house, "p-talk") == ended(house, "p-talk", "person", "it to stay so")
