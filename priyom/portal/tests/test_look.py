"""What the pages look like: in a phone's browser without script, in three languages, light and dark, twice enlarged."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Page as Tab
from playwright.sync_api import sync_playwright
from pytest_django.live_server_helper import LiveServer

from priyom.appointments.models import State
from priyom.portal.page import CSS
from priyom.portal.tests.conftest import Desk

Scheme = Literal["light", "dark"]
PHONE = 390


def colours(css: str) -> dict[str, tuple[float, float, float]]:
    """name -> linear RGB of the variables of one rule."""

    def linear(part: str) -> float:
        value = int(part, 16) / 255
        return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4

    found = {}
    for name, code in re.findall(r"--(\w+):#([0-9a-f]{3,6})", css):
        full = code if len(code) == 6 else "".join(c * 2 for c in code)
        found[name] = (linear(full[:2]), linear(full[2:4]), linear(full[4:]))
    return found


def contrast(one: tuple[float, float, float], other: tuple[float, float, float]) -> float:
    """The ratio of WCAG 2.2."""
    high, low = sorted((0.2126 * r + 0.7152 * g + 0.0722 * b for r, g, b in (one, other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", [0, 1])
def test_contrast_is_high_in_light_and_dark(scheme: int) -> None:
    found = colours(re.findall(r":root\{(.*?)\}", CSS)[scheme])
    pairs = [("text", "ground"), ("soft", "ground"), ("accent", "ground"), ("on", "accent"), ("ongrave", "grave"),
             ("text", "note")]  # fmt: skip
    ratios = {pair: contrast(found[pair[0]], found[pair[1]]) for pair in pairs}
    assert {pair: ratio for pair, ratio in ratios.items() if ratio < 7} == {}


@contextmanager
def tab(url: str, *, scheme: Scheme = "light", width: int = PHONE) -> Iterator[Tab]:
    """A phone's browser at that address, script switched off."""
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        context = browser.new_context(
            viewport={"width": width, "height": 844}, color_scheme=scheme, java_script_enabled=False
        )
        page = context.new_page()
        faults: list[str] = []
        page.on("console", lambda message: faults.append(message.text))
        page.goto(url)
        yield page
        browser.close()
        assert [fault for fault in faults if "404" not in fault] == []  # such as a style the content policy refused


def fits(page: Tab, width: int) -> None:
    """Nothing sticks out sideways, and everything that can be pressed is large enough for a thumb."""
    for target in page.locator("a, button").all():
        box = target.bounding_box()
        assert box is not None
        assert box["height"] >= 48
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
    heading = page.locator("h1").bounding_box()
    assert heading is not None
    assert heading["x"] + heading["width"] <= width
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.browser
@pytest.mark.parametrize(("scheme", "lang"), [("light", "ru"), ("dark", "kk"), ("dark", "ru"), ("light", "en")])
@pytest.mark.parametrize("verb", ["confirm", "move", "cancel"])
def test_questions_on_a_phone(
    live_server: LiveServer, desk: Desk, tmp_path: Path, scheme: Scheme, lang: str, verb: str
) -> None:
    url = live_server.url + desk.url(desk.do(verb), lang=lang)
    with tab(url, scheme=scheme) as page:
        page.screenshot(path=tmp_path / f"{verb}-{lang}-{scheme}.png", full_page=True)
        fits(page, PHONE)
        assert page.locator("html").get_attribute("lang") == lang
        assert page.get_by_role("heading", level=1).count() == 1
        assert page.get_by_role("main").count() == 1
    with tab(url, scheme=scheme, width=PHONE // 2) as page:  # 200 % on the same phone
        page.screenshot(path=tmp_path / f"{verb}-{lang}-{scheme}-200.png", full_page=True)
        fits(page, PHONE // 2)


@pytest.mark.browser
def test_a_patient_comes_moves_and_cancels_without_script(live_server: LiveServer, desk: Desk, tmp_path: Path) -> None:
    with tab(live_server.url + desk.url(desk.do("confirm"), lang="ru")) as page:
        page.get_by_role("button", name="Приду").click()
        assert page.get_by_role("heading", level=1).inner_text().endswith("Спасибо, ждем вас")
        page.screenshot(path=tmp_path / "confirmed.png", full_page=True)
        page.get_by_role("link", name="Перенести").click()
        page.get_by_role("button", name="Вторник, 24 ноября, 11:30").click()
        page.screenshot(path=tmp_path / "moved.png", full_page=True)
        page.get_by_role("link", name="Қазақша").click()
        assert page.get_by_role("heading", level=1).inner_text().endswith("Қабылдау ауыстырылды")
        page.go_back()
        page.get_by_role("link", name="Отменить").click()
        page.screenshot(path=tmp_path / "sure.png", full_page=True)
        page.get_by_role("button", name="Да, отменить").click()
        page.screenshot(path=tmp_path / "cancelled.png", full_page=True)
        fits(page, PHONE)
        page.goto(live_server.url + desk.url(f"confirm:{desk.visit.pk}:1"))
        page.screenshot(path=tmp_path / "stale.png", full_page=True)
        page.goto(live_server.url + "/p/forged")
        page.screenshot(path=tmp_path / "forged.png", full_page=True)
    visit = desk.fresh()
    assert (visit.state, visit.version) == (State.CANCELLED, 2)
