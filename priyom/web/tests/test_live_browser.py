"""The live pages in real browsers: what a patient writes comes within a blink to everybody who looks, whatever broke in
between; and colleagues see each other at a thread."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from django.db import connection
from playwright.sync_api import Page, Request, Route, expect

from priyom.clinic.models import Role
from priyom.delivery.database import conninfo
from priyom.foundation.clock import now
from priyom.inbox.chat import touch
from priyom.inbox.models import Conversation, Incoming
from priyom.web.tests.browser import Windows
from priyom.web.tests.conftest import Clinic
from tests import factories as make

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

ROOT = Path(__file__).parents[3]
HIDE = """hidden => { Object.defineProperty(document, 'hidden', {value: hidden, configurable: true});
    document.dispatchEvent(new Event('visibilitychange')) }"""
STAYED = "() => window.stayed === true"


class Server:
    """The web process, as one starts it; it can be killed and started again at the same address."""

    def __init__(self, port: int) -> None:
        self.port, self.address = port, f"http://127.0.0.1:{port}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        env = {**os.environ, "DATABASE_URL": conninfo()}
        command = [sys.executable, "-m", "uvicorn", "config.asgi:application", "--port", str(self.port)]
        quiet = ["--lifespan", "off", "--log-level", "critical"]
        self._process = subprocess.Popen([*command, *quiet], cwd=ROOT, env=env)
        while not self._answers():
            assert self._process.poll() is None

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def _answers(self) -> bool:
        with suppress(URLError, OSError), urlopen(f"{self.address}/login", timeout=5) as answer:
            return bool(answer.status == 200)
        return False


@pytest.fixture
def server(
    alone: None, transactional_db: None, monkeypatch: pytest.MonkeyPatch, unused_tcp_port: int
) -> Iterator[Server]:
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    made = Server(unused_tcp_port)
    made.start()
    yield made
    made.kill()


def write(chat: Conversation, text: str) -> None:
    """The patient writes."""
    account = chat.account or Incoming.objects.filter(conversation=chat).latest("pk").account
    Incoming.objects.create(conversation=chat, account=account, address=make.CHAT, at=now(), text=text)
    touch(chat, text, now(), needs_answer=True, channel=account.channel)


def shows(page: Page, text: str) -> None:
    expect(page.locator("#thread .said").last).to_contain_text(text)
    expect(page.locator("#chat-list")).to_contain_text(text)


def stay(*pages: Page) -> None:
    """From now on a page that loads anew is found out."""
    for page in pages:
        expect(page.locator("#live")).to_be_attached()
        page.evaluate("() => { window.stayed = true }")


class TestAProgramThatEnds:
    """A real web process, killed and started again under open pages."""

    @pytest.fixture
    def address(self, server: Server) -> str:
        return server.address

    def test_nothing_said_meanwhile_is_missing(self, windows: Windows, server: Server, clinic: Clinic) -> None:
        chat = clinic.chat
        pages = [windows(Role.REGISTRAR, f"/chats/{chat.pk}") for _ in range(2)]
        stay(*pages)
        write(chat, "Пока все хорошо")
        for page in pages:
            shows(page, "Пока все хорошо")
        server.kill()
        write(chat, "Программы нет")
        write(chat, "А я пишу")
        server.start()
        for page in pages:
            shows(page, "А я пишу")
            expect(page.locator("#thread")).to_contain_text("Программы нет")
        write(chat, "Теперь снова сразу")
        for page in pages:
            shows(page, "Теперь снова сразу")
            assert page.evaluate(STAYED)


def test_a_network_that_was_away_loses_nothing(windows: Windows, clinic: Clinic) -> None:
    chat = clinic.chat
    away, there = (windows(Role.REGISTRAR, f"/chats/{chat.pk}") for _ in range(2))
    stay(away, there)
    away.context.set_offline(True)
    write(chat, "Есть кто живой?")
    shows(there, "Есть кто живой?")
    write(chat, "Ау")
    shows(there, "Ау")
    away.context.set_offline(False)
    shows(away, "Ау")
    expect(away.locator("#thread")).to_contain_text("Есть кто живой?")
    assert away.evaluate(STAYED)


def test_a_hidden_tab_comes_back_to_all_of_it(windows: Windows, clinic: Clinic) -> None:
    chat = clinic.chat
    page = windows(Role.REGISTRAR, f"/chats/{chat.pk}")
    stay(page)
    page.evaluate("() => document.body.removeAttribute('data-keep-live')")  # it is not the one that rings for all
    page.evaluate(HIDE, True)
    write(chat, "Пока никто не смотрит")
    with page.expect_request(opens):
        page.evaluate(HIDE, False)
    shows(page, "Пока никто не смотрит")
    assert page.evaluate(STAYED)


def test_a_computer_that_slept_asks_what_it_missed(windows: Windows, clinic: Clinic) -> None:
    """It hears nothing, and nothing tells it that its line is dead."""
    page = windows(Role.REGISTRAR, f"/chats/{clinic.chat.pk}")
    stay(page)
    page.clock.install()
    page.reload()
    expect(page.locator("#thread")).to_be_visible()
    with page.expect_request(lambda request: opens(request) and "after=" in request.url):
        page.clock.fast_forward("02:00")


def test_a_list_whose_answer_was_late_once_is_not_left_behind(windows: Windows, clinic: Clinic) -> None:
    page = windows(Role.REGISTRAR, "/login")
    page.clock.install()
    page.goto(f"/chats/{clinic.chat.pk}")
    stay(page)
    kept: list[Route] = []
    page.route("**/chats/piece**", lambda route: kept.append(route), times=1)  # noqa: PLW0108 - it marks the function
    write(clinic.chat, "Раз")
    while not kept:  # the page may have asked before that, for its own reasons
        page.wait_for_timeout(20)
    page.clock.fast_forward(20_000)  # as while the program starts
    with page.expect_response("**/chats/piece**"):
        for late in kept:
            late.continue_()
    write(clinic.chat, "Два")
    expect(page.locator("#thread .said").last).to_contain_text("Два")
    page.clock.fast_forward(11_000)
    shows(page, "Два")


def opens(request: Request) -> bool:
    return "/live?" in request.url


def falls_silent(page: Page, asked: list[str]) -> None:
    """Wait until the page has asked all that the last change made it ask."""
    before = -1
    while before != len(asked):
        before = len(asked)
        page.wait_for_timeout(1500)


def test_a_region_asks_only_for_what_it_is_about(windows: Windows, clinic: Clinic) -> None:
    page = windows(Role.REGISTRAR, f"/chats/{clinic.chat.pk}")
    stay(page)
    write(clinic.chat, "Раз")
    shows(page, "Раз")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url.split("?")[0].removeprefix(windows.address)))
    falls_silent(page, asked)
    asked.clear()
    Incoming.objects.create(
        conversation=clinic.stranger, account=clinic.account, address="909", at=now(), text="Я не знаю, кто я"
    )
    touch(clinic.stranger, "Я не знаю, кто я", now(), needs_answer=True)
    expect(page.locator("#chat-list")).to_contain_text("Я не знаю, кто я")
    falls_silent(page, asked)
    mine = f"/chats/{clinic.chat.pk}/messages"
    assert "/chats/piece" in asked, "the list asked for the stranger's words"
    assert mine not in asked, "the thread did not"
    write(clinic.chat, "Два")
    shows(page, "Два")
    falls_silent(page, asked)
    assert 1 <= asked.count(mine) <= 3, "it did for its own: written, on its turn, and read"


def test_colleagues_see_each_other_at_a_thread(windows: Windows, clinic: Clinic) -> None:
    address = f"/chats/{clinic.chat.pk}"
    olga = make.make_staff(Role.REGISTRAR)
    petr = make.make_staff(Role.REGISTRAR)
    petr.first_name, petr.last_name = "Петр", "Ким"
    petr.save()
    hers = windows(olga, address)
    expect(hers.locator("#lookers")).to_be_attached()
    expect(hers.locator("#lookers span")).to_have_count(0)
    his = windows(petr, address)
    expect(hers.locator("#looking")).to_have_text("Петр Ким смотрит")
    expect(his.locator("#looking")).to_have_text("Ольга Ли смотрит")
    his.locator("#text").press_sequentially("Доб")
    expect(hers.locator("#looking")).to_have_text("Петр Ким пишет…")
    expect(his.locator("#looking")).to_have_text("Ольга Ли смотрит")
    his.locator("#text").fill("")
    expect(hers.locator("#looking")).to_have_text("Петр Ким смотрит")
    his.context.close()
    expect(hers.locator("#lookers span")).to_have_count(0)
    connection.close()
