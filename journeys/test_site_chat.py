"""A patient writes on the clinic's site (another origin), proves the number, is answered at once; and by SMS when the
page is closed. In a real browser, with the registrar's tab beside it."""

from __future__ import annotations

import http.server
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, BrowserContext, FilePayload, FrameLocator, Page, Route, expect

from journeys.desk import PATIENCE
from journeys.house import ROOT, House, free_ports, until

pytestmark = [pytest.mark.journey, pytest.mark.browser]
expect.set_options(timeout=20_000)  # a loaded machine
NUMBER = "+77015550101"


@pytest.fixture(scope="module")
def site(house: House) -> Iterator[str]:
    """The clinic's own site with the one tag, on a port of its own."""
    tag = f'<script src="{house.web}/chat/site/chat.js" async></script>'
    page = f'<!doctype html><html lang="ru"><meta charset="utf-8"><title>Клиника</title><h1>Клиника</h1>{tag}'.encode()

    class Pages(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("content-type", "text/html; charset=utf-8")
            # As strict as a site can be and still have the tag: nothing else may be loaded, framed or asked.
            allowed = f"default-src 'none'; script-src {house.web}; frame-src {house.web}"
            self.send_header("content-security-policy", allowed)
            self.end_headers()
            self.wfile.write(page)

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", free_ports(1)[0]), Pages)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}/"
    _make_account(house, url)
    yield url
    server.shutdown()
    server.server_close()


def _make_account(house: House, url: str) -> None:
    database = (house.data / "database.url").read_text().strip()
    env = house.env | {"DATABASE_URL": database, "DJANGO_SETTINGS_MODULE": "config.settings"}
    subprocess.run([sys.executable, "-m", "journeys.site", url], cwd=ROOT, env=env, check=True, capture_output=True)


@pytest.fixture
def visitor(browser: Browser, site: str) -> Iterator[BrowserContext]:
    """A browser that refuses third-party cookies; errors of its pages fail the test."""
    context = browser.new_context(viewport={"width": 1280, "height": 800}, locale="ru")
    context.set_default_timeout(PATIENCE)
    faults: list[str] = []
    context.on("weberror", lambda error: faults.append(str(error.error)))
    context.on("console", lambda message: faults.append(message.text) if "Content Security" in message.text else None)
    yield context
    context.close()
    assert faults == []


def opened(page: Page, site: str) -> FrameLocator:
    """The chat, opened by its button."""
    page.goto(site)
    page.get_by_role("button", name="Чат: ").click()
    chat = page.frame_locator("iframe")
    until(lambda: chat.locator("html").evaluate("() => document.readyState") == "complete", what="the chat's script")
    return chat


def say(chat: FrameLocator, text: str) -> None:
    chat.get_by_label("Ваше сообщение").fill(text)
    chat.get_by_role("button", name="Отправить").click()


def answer(desk: Page, text: str) -> None:
    desk.fill("#text", text)
    desk.get_by_role("button", name="Отправить", exact=True).click()
    expect(desk.locator("#thread")).to_contain_text(text)


def code_from(house: House) -> str:
    sms = house.phone("phone", NUMBER).wait("Код для чата", within=30)
    found = re.search(r"\b\d{5}\b", sms["text"])
    assert found
    return found[0]


def test_written_answered_closed_and_answered_by_sms(
    visitor: BrowserContext, desk: Page, house: House, site: str
) -> None:
    house.phone("phone", NUMBER, "Сауле")
    start = house.now() + timedelta(days=3)
    house.book("on-site", start, [{"channel": "phone", "address": NUMBER}], given="Сауле")
    page = visitor.new_page()
    chat = opened(page, site)
    expect(chat.get_by_text("Здравствуйте! Напишите")).to_be_visible()
    say(chat, "Можно прийти раньше?")
    expect(chat.get_by_role("log")).to_contain_text("передано в клинику")

    chat.get_by_role("textbox", name="Номер мобильного").fill("8 701 555-01-01")
    chat.get_by_role("button", name="Получить код").click()
    chat.get_by_role("textbox", name="Код из SMS").fill("не код")
    chat.get_by_role("button", name="Подтвердить").click()
    expect(chat.get_by_role("alert")).to_contain_text("Осталось попыток: 2")
    chat.get_by_role("textbox", name="Код из SMS").fill(code_from(house))
    chat.get_by_role("button", name="Подтвердить").click()
    expect(chat.get_by_role("log")).to_contain_text("Здравствуйте, Сауле!")

    desk.goto(f"{house.web}/chats")
    desk.locator("a.row", has_text="Иванова Сауле").first.click()
    expect(desk.locator("#thread")).to_contain_text("Можно прийти раньше?")
    chat.get_by_label("Ваше сообщение").press_sequentially("Ал")
    answer(desk, "Да, в любое время с девяти.")
    expect(chat.get_by_role("log")).to_contain_text("Да, в любое время с девяти.")  # without reload

    page.reload()  # the history is there on return; the badge counts what stands unread
    expect(page.get_by_role("button", name="Чат: ")).to_be_visible()
    chat = opened(page, site)
    expect(chat.get_by_role("log")).to_contain_text("Можно прийти раньше?")
    expect(chat.get_by_role("log")).to_contain_text("Да, в любое время с девяти.")
    expect(chat.get_by_role("textbox", name="Номер мобильного")).to_be_hidden()  # asked once
    page.close()

    answer(desk, "И возьмите паспорт.")
    until(lambda: _accepted(house, "И возьмите паспорт."), within=30, what="the answer to stand on the page")
    house.turn(minutes=3)
    house.phone("phone", NUMBER).wait("Ответ клиники в чате на сайте: И возьмите паспорт.", within=30)
    house.turn(minutes=30)
    told = [m["text"] for m in house.phone("phone", NUMBER).messages() if "паспорт" in m["text"]]
    assert len(told) == 1


def _accepted(house: House, text: str) -> bool:
    items = house.api("GET", "/conversations/p-on-site").body["items"]
    return any(item["text"] == text and item["signal"] == "accepted" for item in items)


def test_nothing_is_lost_or_doubled_when_the_network_goes(
    visitor: BrowserContext, desk: Page, house: House, site: str
) -> None:
    page = visitor.new_page()
    chat = opened(page, site)
    say(chat, "Первое")
    expect(chat.get_by_role("log")).to_contain_text("передано в клинику")
    chat.get_by_role("button", name="Не сейчас").click()
    lost: list[str] = []

    def drop(route: Route) -> None:  # the house has taken it, the answer is lost on the way
        if "Второе" not in (route.request.post_data or "") or len(lost) == 2:
            route.continue_()
            return
        lost.append(route.request.url)
        route.fetch()
        route.fulfill(status=502, body="proxy")

    def blind(route: Route) -> None:  # nor is it seen in the chat meanwhile, which would end the posting
        route.continue_() if len(lost) == 2 else route.abort()

    def lost_twice() -> bool:
        page.wait_for_timeout(100)
        return len(lost) >= 2

    page.route("**/hooks/webchat/**", drop)
    page.route("**/chat/site/**/messages", blind)
    say(chat, "Второе")
    until(lost_twice, within=60, what="two lost answers")
    expect(chat.get_by_role("log")).to_contain_text("Второе")
    visitor.set_offline(True)
    say(chat, "Третье")
    expect(chat.get_by_role("status").filter(has_text="Нет связи")).to_be_visible()
    visitor.set_offline(False)
    desk.goto(f"{house.web}/chats?show=unknown")
    desk.locator("a.row", has_text="Третье").first.click()
    thread = desk.locator("#thread")
    for text in ("Первое", "Второе", "Третье"):
        expect(thread.get_by_text(text, exact=True)).to_have_count(1, timeout=PATIENCE)
        expect(chat.get_by_role("log").get_by_text(text, exact=True)).to_have_count(1)


def test_a_file_comes_and_another_visitor_sees_nothing(
    visitor: BrowserContext, browser: Browser, desk: Page, house: House, site: str
) -> None:
    page = visitor.new_page()
    chat = opened(page, site)
    big = FilePayload(name="снимок.bin", mimeType="application/octet-stream", buffer=b"x" * 700_000)
    small = FilePayload(name="анализ.txt", mimeType="text/plain", buffer=b"ok")
    chat.locator("#file").set_input_files([small, big])
    expect(chat.get_by_role("button", name="Убрать файл снимок.bin")).to_be_visible()
    say(chat, "Вот анализы")
    expect(chat.get_by_role("link", name="снимок.bin")).to_be_visible(timeout=60_000)  # fetched out of the store
    expect(chat.get_by_role("link", name="анализ.txt")).to_be_visible()
    desk.goto(f"{house.web}/chats?show=unknown")
    desk.locator("a.row", has_text="Вот анализы").first.click()
    expect(desk.locator("#thread")).to_contain_text("снимок.bin")

    other = browser.new_context(locale="ru")
    stranger = opened(other.new_page(), site)
    expect(stranger.get_by_text("Здравствуйте! Напишите")).to_be_visible()
    expect(stranger.get_by_text("Вот анализы")).to_have_count(0)
    other.close()


def test_messengers_are_offered_and_no_other_site_may_frame_the_chat(
    visitor: BrowserContext, house: House, site: str
) -> None:
    page = visitor.new_page()
    chat = opened(page, site)
    chat.get_by_role("button", name="Продолжить в мессенджере").click()
    link = chat.get_by_role("link", name="Продолжить в Telegram")
    expect(link).to_be_visible()
    assert (link.get_attribute("href") or "").startswith("https://t.me/")
    assert "?start=" not in (link.get_attribute("href") or "")  # a stranger's link names nobody
    expect(chat.get_by_role("img", name="QR-код: Telegram")).to_be_visible()
    page.keyboard.press("Escape")
    expect(chat.get_by_label("Ваше сообщение")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Чат: ")).to_be_focused()
    thief = visitor.new_page()
    thief.route("**/thief", lambda route: route.fulfill(
        content_type="text/html", body=f'<iframe src="{house.web}/chat/site/"></iframe>'
    ))  # fmt: skip
    thief.goto(f"{house.web.replace('127.0.0.1', 'localhost')}/thief")
    thief.wait_for_timeout(500)
    assert thief.frames[1].url == "chrome-error://chromewebdata/"
