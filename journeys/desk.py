"""The registrar at the staff pages, signed in: over HTTP alone, or in a real browser."""

from __future__ import annotations

import re
from http.cookiejar import CookieJar
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, Request, build_opener

from playwright.sync_api import Browser, Page, Playwright

from journeys.house import House

NAME, PASSWORD = "registrar", "demo-registrar"
PATIENCE = 30_000
"""Milliseconds a page may take on a loaded machine."""
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
TOKEN_OF_SCRIPTS = re.compile(r'"X-CSRFToken":\s*"([^"]+)"')


class Desk:
    """The registrar's browser without one: pages are read, buttons pressed as their forms would be sent."""

    def __init__(self, house: House) -> None:
        self._web = house.web
        self._open = build_opener(HTTPCookieProcessor(CookieJar())).open
        self._token = TOKEN.findall(self.see("/login"))[0]
        self.do("/login", username=NAME, password=PASSWORD)
        self._token = TOKEN_OF_SCRIPTS.findall(self.see("/"))[0]

    def see(self, path: str) -> str:
        """A page as text."""
        with self._open(f"{self._web}{path}", timeout=PATIENCE / 1000) as answer:
            page: str = answer.read().decode()
        return page

    def do(self, path: str, **form: str) -> str:
        """A press of a button; the part that comes back."""
        values = {"csrfmiddlewaretoken": self._token, **form}
        request = Request(f"{self._web}{path}", urlencode(values).encode())
        with self._open(request, timeout=PATIENCE / 1000) as answer:
            part: str = answer.read().decode()
        return part


def launched(playwright: Playwright) -> Browser:
    """A real browser that asks nobody anything of its own accord."""
    return playwright.chromium.launch(executable_path="/usr/bin/chromium", args=ARGUMENTS)


def sign_in(page: Page, web: str) -> None:
    """As the registrar, in a real browser; ends on today's visits."""
    page.goto(f"{web}/login")
    page.fill("input[name=username]", NAME)
    page.fill("input[name=password]", PASSWORD)
    page.press("input[name=password]", "Enter")
    page.wait_for_url(f"{web}/")
