"""The page «Телефоны» with the whole house behind it: WhatsApp and a call answered there, a photo sent from there."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from threading import Thread

import psycopg
import pytest
from playwright.sync_api import Browser, FilePayload, Page, expect

from journeys.house import House, until

pytestmark = [pytest.mark.journey, pytest.mark.browser]
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + bytes(512)
WAIT = 60_000


@pytest.fixture
def page(browser: Browser, house: House) -> Iterator[Page]:
    """«Телефоны»; any error of a script fails the journey."""
    errors: list[str] = []
    made = browser.new_page(viewport={"width": 1440, "height": 900})
    made.on("pageerror", lambda error: errors.append(str(error)))
    made.set_default_timeout(WAIT)
    made.goto(house.sandbox)
    yield made
    made.close()
    assert errors == []


def in_two_days(house: House) -> datetime:
    """12:00 of the day after tomorrow in Almaty."""
    return (house.now() + timedelta(days=2)).replace(hour=7, minute=0, second=0, microsecond=0)


def coming(house: House, visit: str) -> str:
    """The channel by which the visit was confirmed; waits for it."""
    found = until(lambda: v if (v := house.visit(visit))["state"] == "confirmed" else None, within=30, what="confirmed")
    assert found["confirmation"]["by"] == "patient"
    return str(found["confirmation"]["channel"])


def test_whatsapp_is_answered_and_a_photo_sent(page: Page, house: House) -> None:
    address = "+77010000091"
    house.phone("whatsapp", address, "Жанна")
    house.book("by-whatsapp", in_two_days(house), [{"channel": "whatsapp", "address": address}], given="Жанна")
    page.locator(".person", has_text="Иванова Жанна").click()
    phone = page.get_by_role("article", name="Иванова Жанна")
    expect(phone.get_by_role("tab")).to_have_text(["WhatsApp"])
    phone.get_by_role("button", name="Приду").first.click()
    assert coming(house, "by-whatsapp") == "whatsapp"
    expect(phone.locator(".message.in .origin").first).to_contain_text("WhatsApp")

    photo: FilePayload = {"name": "napravlenie.jpg", "mimeType": "image/jpeg", "buffer": JPEG}
    phone.locator("input[type=file]").set_input_files(photo)
    phone.get_by_label("Сообщение клинике").fill("Вот направление")
    phone.get_by_label("Отправить", exact=True).click()
    expect(phone.locator(".message.out .file")).to_contain_text("napravlenie.jpg")

    def kept() -> bool:
        with psycopg.connect((house.data / "database.url").read_text().strip()) as database:
            rows = database.execute("SELECT content FROM delivery_storedfile WHERE state = 'here'").fetchall()
        return [bytes(content) for (content,) in rows] == [JPEG]

    until(kept, within=30, what="the photo in the clinic's files")


def test_a_call_is_answered_by_a_key(page: Page, house: House) -> None:
    """The robot calls, the words are shown while they are said, and a key pressed on the page confirms the visit."""
    with psycopg.connect((house.data / "database.url").read_text().strip(), autocommit=True) as database:
        database.execute("UPDATE delivery_account SET purpose = 'campaigns' WHERE NOT channel = 'sip_voice'")
        database.execute("UPDATE delivery_account SET purpose = 'all' WHERE channel = 'sip_voice'")
    address, start = "+77010000092", in_two_days(house)
    house.phone("phone", address, "Сауле")
    house.book("by-call", start, [{"channel": "phone", "address": address}], given="Сауле")
    page.locator(".person", has_text="Иванова Сауле").click()
    phone = page.get_by_role("article", name="Иванова Сауле")
    turning = Thread(target=house.turn_to, args=[start - timedelta(days=1)])
    turning.start()
    try:
        keys = phone.get_by_role("button", name="Клавиша 1")
        expect(phone.locator(".call.on").last).to_contain_text("идет разговор", timeout=WAIT)
        keys.last.click()
        assert coming(house, "by-call") == "sip_voice"
    finally:
        turning.join()
    expect(phone.locator(".message.key")).to_contain_text("Нажата клавиша 1")
    expect(phone.locator(".call.on")).to_have_count(0, timeout=WAIT)
    expect(phone.locator(".call").last).to_contain_text("звонок окончен")
