"""A real browser for the tests of the pages: the server, the desk's page, and any number of other people's browsers.

The fixtures are known to every test of this folder (conftest.py names them). A file that uses them is marked
`pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]`.

`page` is the desk's browser: an administrator, on the day of the tests' branch. `windows` opens further ones:

    colleague = windows(Role.REGISTRAR, f"/chats/{clinic.chat.pk}")            # somebody new of that role
    phone = windows(colleague_row, "/tasks", size=PHONE, theme="dark", language="kk")   # this very person
    stranger = windows(None, "/login")                                           # nobody yet

Each has cookies of its own, like a browser on another computer. Nothing on any of their pages may complain: an error of
a script, or anything the page's content policy has refused, fails the test when it ends.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal, TypeAlias

import pytest
import uvicorn
from django.test import Client
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright

from config.asgi import application
from priyom.clinic.models import Branch, Role, Staff
from tests import factories as make

if TYPE_CHECKING:  # conftest.py names the fixtures of this module
    from priyom.web.tests.conftest import Clinic

Size: TypeAlias = tuple[int, int]
Theme: TypeAlias = Literal["", "light", "dark"]

DESKTOP, TABLET, PHONE = (1440, 900), (820, 1180), (390, 844)
"""Width and height of the page, CSS pixels."""
PATIENCE = 20_000
"""Milliseconds a page may take on a loaded machine."""
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
REFUSED = "Content Security Policy"

STICKS_OUT = """() => [...document.querySelectorAll('body *')].filter(e => !e.closest('.scroll-x, svg, .hide, time'))
    .filter(e => e.getBoundingClientRect().width && e.getBoundingClientRect().right > innerWidth + 1)
    .map(e => e.tagName + '.' + e.className)"""
"""What reaches over the right edge; `[]` when nothing does: `page.evaluate(STICKS_OUT) == []`."""


class Windows:
    """Opens browsers and hears what their pages complain of."""

    def __init__(self, browser: Browser, address: str) -> None:
        self.browser, self.address = browser, address
        self.faults: list[str] = []

    def __call__(
        self,
        who: Staff | str | None = Role.ADMIN,
        path: str = "/",
        *branches: Branch,
        size: Size = DESKTOP,
        theme: Theme = "",
        language: str = "",
    ) -> Page:
        """A browser of one person, on that page. `who`: a person, a role (somebody new, of these branches), or None
        for a stranger. `theme` '' is the system's (light); `language` '' leaves the person's own."""
        staff = make.make_staff(who, *branches) if isinstance(who, str) else who
        if staff is not None and language:
            Staff.objects.filter(pk=staff.pk).update(language=language)
        context = self.browser.new_context(
            base_url=self.address,
            viewport={"width": size[0], "height": size[1]},
            has_touch=size[0] < TABLET[0],
            locale="ru-RU",
        )
        context.set_default_timeout(PATIENCE)
        cookies = {"theme": theme, "django_language": language, "sessionid": signed_in(staff)}
        context.add_cookies([{"name": n, "value": v, "url": self.address} for n, v in cookies.items() if v])
        page = context.new_page()
        page.on("pageerror", lambda error: self.faults.append(f"{page.url}: {error}"))
        page.on("console", lambda message: self._hear(page, message))
        page.goto(path)
        return page

    def _hear(self, page: Page, message: ConsoleMessage) -> None:
        if message.type == "error" and REFUSED in message.text:
            self.faults.append(f"{page.url}: {message.text}")


def signed_in(staff: Staff | None) -> str:
    """The cookie of somebody signed in; '' for nobody."""
    if staff is None:
        return ""
    client = Client()
    client.force_login(staff)
    return client.cookies["sessionid"].value


@pytest.fixture
def address(alone: None, transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Where the pages are: the whole program's ASGI application on a port of its own, `http://127.0.0.1:...`."""
    # The browser's own loop runs in this thread; the tests' questions to the database beside it are harmless.
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    server = uvicorn.Server(
        uvicorn.Config(application, port=0, lifespan="off", log_config=None, timeout_graceful_shutdown=1)
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join(20)


@pytest.fixture
def windows(address: str) -> Iterator[Windows]:
    """Opens browsers of as many people as the story has; see the head of this file."""
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as player:
        browser = player.chromium.launch(executable_path="/usr/bin/chromium", args=ARGUMENTS)
        opened = Windows(browser, address)
        yield opened
        browser.close()
        assert opened.faults == []


@pytest.fixture
def page(windows: Windows, clinic: Clinic) -> Page:
    """The desk's browser, signed in as an administrator, on the branch's day."""
    return windows(Role.ADMIN, f"/?branch={clinic.here.pk}")
