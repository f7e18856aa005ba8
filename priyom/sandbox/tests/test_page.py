"""The page «Телефоны» in a real browser: what happens shows without a reload, what one does there reaches the world."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest
import pytest_asyncio
from playwright.async_api import FilePayload, Page, async_playwright, expect

from priyom.contracts.emulator import Mode
from priyom.sandbox.server import Sandbox
from priyom.sandbox.tests.fakes import FakeEmulator

CHROMIUM = "/usr/bin/chromium"
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]

pytestmark = pytest.mark.browser


@pytest_asyncio.fixture
async def chatter(sandbox: Sandbox) -> FakeEmulator:
    """The messenger's emulator with two people, one of them reachable by text too."""
    emulator = sandbox.emulators["chatter"]
    assert isinstance(emulator, FakeEmulator)
    emulator.put("501", "Анна Иванова", True)
    emulator.put("502", "Борис Петров", False)
    return emulator


@pytest_asyncio.fixture
async def page(sandbox: Sandbox, chatter: FakeEmulator) -> AsyncIterator[Page]:
    """The page, open; any error of a script fails the test."""
    errors: list[str] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        made = await browser.new_page(viewport={"width": 1300, "height": 800})
        made.on("pageerror", lambda error: errors.append(str(error)))
        await made.goto(f"http://127.0.0.1:{sandbox.port}/")
        await expect(made.locator(".person")).to_have_count(2)
        async with asyncio.timeout(20):  # the page follows what happens; what is told before that nobody hears
            while not sandbox.viewers.count:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        yield made
        await browser.close()
    assert errors == []


async def test_messages_arrive_and_are_answered(page: Page, chatter: FakeEmulator) -> None:
    await page.get_by_role("button", name="Анна Иванова").click()
    chatter.arrive("501", "Вы придете?", (("0.0", "Приду"), ("0.1", "Нет")))
    await expect(page.locator(".phone .message.in .text")).to_have_text("Вы придете?")
    pressed = asyncio.Event()

    async def press(address: str, message: str, button: str) -> None:
        assert (address, message, button) == ("501", "1", "0.0")
        pressed.set()

    chatter.press = press  # type: ignore[method-assign]
    await page.get_by_role("button", name="Приду", exact=True).click()
    await asyncio.wait_for(pressed.wait(), 10)
    await page.get_by_label("Сообщение клинике").fill("Буду позже")
    await page.keyboard.press("Enter")
    await expect(page.locator(".phone .message.out .text")).to_have_text("Буду позже")
    await expect(page.locator(".person .text").first).to_contain_text("Буду позже")
    assert chatter.chats["501"][-1].text == "Буду позже"


async def test_a_bot_is_started_blocked_and_let_in_again(page: Page, chatter: FakeEmulator) -> None:
    await page.get_by_role("button", name="Борис Петров").click()
    await page.get_by_label("Код из ссылки").fill("t0ken")
    await page.get_by_role("button", name="Старт").click()
    await expect(page.locator(".message.out .text")).to_have_text("/start t0ken")
    await page.get_by_label("Еще").click()
    await page.get_by_role("button", name="Заблокировать бота").click()
    await expect(page.get_by_role("button", name="Разблокировать")).to_be_visible()
    assert chatter.people["502"].blocked
    await page.get_by_role("button", name="Разблокировать").click()
    await expect(page.get_by_label("Сообщение клинике")).to_be_visible()
    assert not chatter.people["502"].blocked


WORDS = {
    Mode.DOWN: "лежит", Mode.SLOW: "медленно", Mode.THROTTLE: "«слишком часто»", Mode.HANG: "молчит",
    Mode.LOSE: "теряет",
}  # fmt: skip


async def test_the_clock_and_the_gateways(page: Page, sandbox: Sandbox) -> None:
    before = await page.locator(".time").inner_text()
    await page.get_by_role("button", name="+1 ч").click()
    await expect(page.locator(".time")).not_to_have_text(before)
    await expect(page.get_by_role("button", name="+1 ч")).to_be_enabled()
    assert round(float(sandbox.turner.picture()["offset_seconds"]) / 60) == 60
    await expect(page.get_by_label("Шлюз Болталка")).to_be_hidden()
    await page.get_by_role("button", name="Шлюзы").click()
    await page.get_by_label("Найти шлюз").fill("болт")
    await expect(page.get_by_label("Шлюз Тексты")).to_be_hidden()
    await page.get_by_label("Шлюз Болталка").select_option("down")
    await page.keyboard.press("Escape")
    await expect(page.get_by_label("Шлюз Болталка")).to_be_hidden()
    broken = page.get_by_role("button", name="Болталка: лежит")
    await expect(broken).to_be_visible()
    assert [emulator.mode for emulator in sandbox.emulators.values()] == [Mode.DOWN, Mode.OK]
    await broken.click()
    await expect(broken).to_have_count(0)
    assert [emulator.mode for emulator in sandbox.emulators.values()] == [Mode.OK, Mode.OK]
    for mode in set(Mode) - {Mode.OK}:
        sandbox.emulators["chatter"].mode = mode
        sandbox.viewers.tell("gateways", {"gateways": sandbox.contract.gateways()})
        await expect(page.get_by_role("button", name=f"Болталка: {WORDS[mode]}")).to_be_visible()


async def test_today_is_not_today_for_ever(page: Page, chatter: FakeEmulator, sandbox: Sandbox) -> None:
    await page.get_by_role("button", name="Анна Иванова").click()
    chatter.arrive("501", "Завтра ждем вас")
    await expect(page.locator(".chat .day")).to_have_text("Сегодня")
    await sandbox.turner.advance(timedelta(days=1))
    await expect(page.locator(".chat .day")).not_to_have_text("Сегодня")


async def test_search_new_phone_and_the_address_keeps_what_is_open(page: Page, chatter: FakeEmulator) -> None:
    await page.get_by_label("Найти человека").fill("петр")
    await expect(page.locator(".person")).to_have_count(1)
    await page.get_by_label("Найти человека").fill("")
    await expect(page.locator(".person")).to_have_count(2)
    await page.get_by_role("button", name="Новый").click()
    await page.get_by_label("Имя", exact=True).fill("Вера")
    await page.get_by_label("Адрес", exact=True).fill("503")
    await page.get_by_role("button", name="Завести").click()
    await expect(page.locator(".phone header")).to_contain_text("Вера")
    assert chatter.people["503"].name == "Вера"
    await page.reload()
    await expect(page.locator(".phone header")).to_contain_text("Вера")


async def test_photos_are_sent_and_answers_show_what_they_answer(page: Page, chatter: FakeEmulator) -> None:
    await page.get_by_role("button", name="Анна Иванова").click()
    chosen: list[FilePayload] = [
        {"name": name, "mimeType": "image/jpeg", "buffer": b"jpeg"} for name in ("снимок.jpg", "второй.jpg")
    ]
    await page.locator(".composer input[type=file]").set_input_files(chosen)
    await expect(page.locator(".waiting li")).to_have_count(2)
    await page.get_by_label("Убрать второй.jpg").click()
    await page.get_by_label("Сообщение клинике").fill("Вот направление")
    await page.get_by_label("Отправить", exact=True).click()
    await expect(page.locator(".message.out .file")).to_contain_text("снимок.jpg")
    await expect(page.locator(".waiting")).to_have_count(0)
    assert [(m.text, m.files) for m in chatter.chats["501"]] == [("Вот направление", ("снимок.jpg",))]
    chatter.arrive("501", "Спасибо, получили", quoted="1")
    await expect(page.locator(".message.in .quoted")).to_have_text("Вот направление")


async def test_a_photo_can_be_dropped_on_the_phone(page: Page, chatter: FakeEmulator) -> None:
    await page.get_by_role("button", name="Анна Иванова").click()
    await expect(page.locator(".phone .chat")).to_contain_text("Сообщений нет")
    await page.evaluate(
        """() => {
            const carried = new DataTransfer();
            carried.items.add(new File(["jpeg"], "снимок.jpg", { type: "image/jpeg" }));
            const on = document.querySelector(".phone .chat");
            on.dispatchEvent(new DragEvent("drop", { dataTransfer: carried, bubbles: true, cancelable: true }));
        }"""
    )
    await expect(page.locator(".waiting .file")).to_contain_text("снимок.jpg")


async def test_a_call_looks_like_a_call(many_channels: None, page: Page, sandbox: Sandbox) -> None:
    texter, caller = sandbox.emulators["texter"], sandbox.emulators["caller"]
    assert isinstance(texter, FakeEmulator)
    assert isinstance(caller, FakeEmulator)
    sandbox.phones.put("phone", "+77010000001", "Вера", True)
    texter.arrive("+77010000001", "Завтра ждем вас")
    caller.arrive("+77010000001", "Вы придете?", (("1", "приду"), ("2", "перенести")))
    await page.get_by_role("button", name="Вера").click()
    await expect(page.get_by_role("tab")).to_have_text(["Телефон"])
    await expect(page.locator(".message.in .origin")).to_contain_text("Тексты")
    call = page.locator(".message.call")
    await expect(call).to_contain_text("идет разговор")
    pressed = asyncio.Event()

    async def press(address: str, message: str, button: str) -> None:
        assert (address, message, button) == ("+77010000001", "1", "2")
        caller.chats[address] = [replace(caller.chats[address][0], buttons=())]
        caller._add(address, "out", button)
        pressed.set()

    caller.press = press  # type: ignore[method-assign]
    await page.get_by_role("button", name="Клавиша 2: перенести").click()
    await asyncio.wait_for(pressed.wait(), 10)
    await expect(call).to_contain_text("звонок окончен")
    await expect(page.get_by_role("button", name="Клавиша")).to_have_count(0)
    await expect(page.locator(".message.key")).to_contain_text("Нажата клавиша 2")


async def test_staff_and_visitors_stand_apart(many_channels: None, page: Page, sandbox: Sandbox) -> None:
    sandbox.phones.put("office", "77", "Гульмира", True)
    sandbox.phones.put("webchat", "5005", "Гость", True)
    sandbox.viewers.tell("people", {})
    await page.get_by_role("button", name="Сотрудники").click()
    await expect(page.locator(".person")).to_have_count(1)
    await expect(page.locator(".person")).to_contain_text("Гульмира")
    await page.get_by_role("button", name="Сайт").click()
    await expect(page.locator(".person")).to_contain_text("Гость")
    await page.get_by_label("Найти человека").fill("а")
    await expect(page.locator(".people .heading")).to_have_text(["Пациенты", "Сотрудники"])


async def test_one_phone_at_a_time_on_a_narrow_screen(page: Page, chatter: FakeEmulator) -> None:
    await page.set_viewport_size({"width": 390, "height": 780})
    await page.get_by_role("button", name="Анна Иванова").click()
    await expect(page.locator(".phone")).to_be_visible()
    await expect(page.locator("#people")).to_be_hidden()
    await page.get_by_label("Убрать телефон").click()
    await expect(page.locator("#people")).to_be_visible()
    assert await page.evaluate("document.documentElement.scrollWidth") <= 390
