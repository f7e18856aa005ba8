"""A registrar's tab and a patient's phone side by side in a real browser: what one does, the other sees at once."""

from __future__ import annotations

import re
from base64 import b64decode
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, FilePayload, Page, expect

from journeys.conftest import tomorrow
from journeys.house import House, until

pytestmark = [pytest.mark.journey, pytest.mark.browser]
PICTURE = b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")


def test_today_and_the_thread_follow_the_phone(desk: Page, house: House) -> None:
    telegram = house.phone("telegram", "740100", "Дана")
    start = tomorrow(9)
    house.book("seen", start, [{"channel": "telegram", "address": "740100"}], given="Дана")
    told = telegram.wait("Вы записаны")
    desk.goto(f"{house.web}/?day={start:%Y-%m-%d}")
    row = desk.locator("a.row.visit", has_text="Иванова Дана")
    expect(row).to_be_visible(timeout=20_000)
    expect(row).not_to_contain_text("подтвержден")

    telegram.press(told, "Приду")
    expect(row).to_contain_text("подтвержден", timeout=20_000)  # no reload
    expect(row).to_contain_text("кнопка в Telegram")
    row.click()
    detail = desk.locator("#detail")
    expect(detail).to_contain_text("Записан на")
    expect(detail).to_contain_text("Подтвержден")

    telegram.say("Можно прийти с ребенком?")
    desk.goto(f"{house.web}/chats")
    desk.locator("a.row", has_text="Иванова").first.click()
    thread = desk.locator("#thread")
    expect(thread).to_contain_text("Можно прийти с ребенком?", timeout=20_000)
    telegram.say("Ему пять лет")
    expect(thread).to_contain_text("Ему пять лет", timeout=20_000)  # live

    expect(desk.locator("#where")).to_contain_text("Telegram")
    desk.fill("#text", "Конечно, ждем вас обоих.")
    desk.get_by_role("button", name="Отправить", exact=True).click()
    expect(desk.locator("#waiting")).to_contain_text("Конечно, ждем вас обоих.")  # it can be taken back still
    expect(desk.locator("#thread")).to_contain_text("Конечно, ждем вас обоих.", timeout=20_000)
    telegram.wait("Конечно, ждем вас обоих.")


def test_a_call_task_is_done_by_one_button(desk: Page, house: House) -> None:
    start = (house.now() + timedelta(days=2)).replace(hour=8, minute=0, second=0, microsecond=0)
    house.book("to-call", start, [], given="Ерлан")
    house.turn_to(start - timedelta(hours=5))
    assert [t for t in house.tasks() if t["visit"] == "to-call"]
    desk.goto(f"{house.web}/tasks")
    desk.locator("a.row", has_text="Иванова Ерлан").first.click()
    expect(desk).to_have_url(re.compile(r"/tasks\?task=\d+$"))  # it was shown before, and has come anew
    detail = desk.locator("#detail")
    expect(detail).to_contain_text("Иванова Ерлан")
    detail.get_by_role("button", name="Звоню").click()
    detail.locator(".results").get_by_role("button", name="придет").click()
    expect(desk.locator("a.row", has_text="Иванова Ерлан")).to_have_count(0, timeout=20_000)
    # It is carried out once it can no longer be taken back.
    visit = until(lambda: v if (v := house.visit("to-call"))["state"] == "confirmed" else None, what="confirmed")
    assert visit["confirmation"]["by"] == "staff"


def test_phones_page_shows_the_message(browser: Browser, house: House) -> None:
    house.phone("telegram", "740300", "Жанна")
    house.book(
        "on-page", house.now() + timedelta(days=3), [{"channel": "telegram", "address": "740300"}], given="Жанна"
    )
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    page.set_default_timeout(20_000)
    page.goto(house.sandbox)
    page.get_by_text("Иванова Жанна").first.click()
    expect(page.get_by_text("Вы записаны").first).to_be_visible()
    page.get_by_role("button", name="Приду").first.click()
    expect(page.get_by_text("Вы подтвердили визит").first).to_be_visible()
    assert house.visit("on-page")["state"] == "confirmed"
    page.close()


def test_a_photo_comes_and_a_paper_goes(desk: Page, house: House) -> None:
    telegram = house.phone("telegram", "740400", "Сауле")
    house.book("papers", house.now() + timedelta(days=3), [{"channel": "telegram", "address": "740400"}], given="Сауле")
    telegram.wait("Вы записаны")
    telegram.say("Вот направление", files=[("направление.png", "image/png", PICTURE)])
    desk.goto(f"{house.web}/chats")
    desk.locator("a.row", has_text="Иванова Сауле").first.click()
    photo = desk.locator("#thread .shot img")
    expect(photo).to_be_visible(timeout=20_000)  # fetched from the vendor, live
    desk.wait_for_function("document.querySelector('#thread .shot img').naturalWidth > 0")

    desk.locator("[data-quote]").last.click()
    desk.fill("#text", "Спасибо! Памятка во вложении.")
    desk.set_input_files(
        ".clip input", FilePayload(name="памятка.pdf", mimeType="application/pdf", buffer=b"%PDF-1.4\n%%EOF")
    )
    desk.get_by_role("button", name="Отправить", exact=True).click()
    expect(desk.locator("#thread .said.out")).to_contain_text("памятка.pdf", timeout=20_000)
    expect(desk.locator("#thread .said.out .quote")).to_contain_text("Вот направление")
    came = telegram.wait("Памятка во вложении")
    assert "памятка.pdf" in came["files"]
