"""Who is who: a personal link, a contact button, a stranger; and the same person over several channels."""

from __future__ import annotations

from datetime import timedelta

import pytest

from journeys.house import House, until

pytestmark = pytest.mark.journey


def test_a_stranger_shares_the_number_and_is_known(house: House) -> None:
    house.book("stranger", house.now() + timedelta(days=3), [{"channel": "phone", "address": "+77030000001"}])
    telegram = house.phone("telegram", "720100", "Кто-то")
    telegram.say("Здравствуйте, это Анна")
    telegram.wait("Отправить мой номер")
    telegram.do("share", {"phone": "+77030000001"})
    telegram.wait("Теперь мы будем писать вам сюда")
    patient = house.api("GET", "/patients/p-stranger").body
    assert {"720100", "+77030000001"} <= {c["address"] for c in patient["contacts"]}
    thread = house.api("GET", "/conversations/p-stranger").body
    assert "это Анна" in str(thread)  # what was said before is not lost


def test_max_does_the_same(house: House) -> None:
    phone = house.phone("max", "720200", "Берик")
    house.book("max", house.now() + timedelta(days=3), [{"channel": "max", "address": "720200"}])
    told = phone.wait("Вы записаны")
    phone.press(told, "Приду")
    visit = until(lambda: v if (v := house.visit("max"))["state"] == "confirmed" else None, what="confirmed in MAX")
    assert "MAX" in visit["confirmation"]["evidence"]
    edited = until(lambda: next((m for m in phone.messages() if m["id"] == told["id"] and m["edited"]), None))
    assert "Вы подтвердили" in edited["text"]


def test_mail_confirms_by_its_link(house: House) -> None:
    mail = house.phone("email", "anna@example.com", "Анна")
    house.book("mail", house.now() + timedelta(days=3), [{"channel": "email", "address": "anna@example.com"}])
    told = mail.wait("Вы записаны")
    mail.press(told, "Приду")
    visit = until(lambda: v if (v := house.visit("mail"))["state"] == "confirmed" else None, what="confirmed by mail")
    assert visit["confirmation"]["by"] == "patient"


def test_the_last_answered_channel_goes_first(house: House) -> None:
    telegram, maxphone = house.phone("telegram", "720400"), house.phone("max", "720401")
    contacts = [{"channel": "telegram", "address": "720400"}, {"channel": "max", "address": "720401"}]
    first = house.now() + timedelta(days=3)
    house.book("order1", first, contacts, patient="p-order", doctor="d-o1")
    until(lambda: telegram.messages() or maxphone.messages(), what="the first message")
    maxphone.say("Спасибо!")
    until(lambda: "Спасибо" in str(house.api("GET", "/conversations/p-order").body), what="the answer in MAX")
    house.book("order2", first + timedelta(days=1), contacts, patient="p-order", doctor="d-o2")
    legs = until(
        lambda: next((one.get("legs") for one in house.visit("order2")["notifications"]), None),
        what="the second confirmation",
    )
    assert legs[0]["channel"] == "max_messenger"
