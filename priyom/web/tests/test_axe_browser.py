"""Every page is looked at by axe-core: wide and narrow, light and dark, with what opens opened. Nothing is let pass."""

from __future__ import annotations

from importlib.resources import files
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page

from priyom.clinic.models import Role, Staff
from priyom.consent.change import give
from priyom.delivery.models import Account
from priyom.notifications.links import unsubscribe_link, visit_token
from priyom.web.tests.browser import DESKTOP, PHONE, Size, Windows
from priyom.web.tests.conftest import Clinic
from priyom.web.tests.pages import addresses
from tests import factories as make

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

ENGINE = (files("axe_playwright_python") / "axe.min.js").read_text()
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
RUN = """async ([tags, rules]) => {
    const run = rules.length ? { type: "rule", values: rules } : { type: "tag", values: tags };
    const found = await axe.run(document, { runOnly: run, resultTypes: ["violations"] });
    return found.violations.map(v => v.id + ": " + v.nodes.slice(0, 5).map(n => n.target.join(" ")).join(" | "));
}"""
UNFOLD = """() => { document.querySelectorAll("details:not(.me, .more)").forEach(item => item.open = true);
    document.activeElement?.blur(); }"""
"""All but the menus, which lie over the page: they have a test of their own."""
DARK = "() => { document.documentElement.dataset.theme = 'dark'; }"


def violations(page: Page, *rules: str) -> list[str]:
    """What axe finds; by these rules only, if any are named."""
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(ENGINE)
    found: list[str] = page.evaluate(RUN, [TAGS, list(rules)])
    return found


def seen(page: Page) -> list[str]:
    """Violations of the page with everything unfolded, and of its colours in the dark."""
    page.evaluate(UNFOLD)
    found = violations(page)
    page.evaluate(DARK)
    return found + [f"dark: {item}" for item in violations(page, "color-contrast")]


@pytest.fixture
def all_sorts(clinic: Clinic) -> Clinic:
    """The clinic with a little of everything that pages show."""
    Account.objects.filter(pk=clinic.account.pk).update(health="broken", health_why="token revoked")
    make.make_account("smtp")
    make.make_account("whatsapp")
    make.make_doubt(clinic.account, clinic.visit.patient)
    give(clinic.visit.patient, "service", clinic.account.channel, "анкета", "да")
    return clinic


def test_it_sees_what_is_wrong(windows: Windows, clinic: Clinic) -> None:
    page = windows(None, "/login")
    assert violations(page) == []
    page.evaluate(
        "document.querySelector('main').insertAdjacentHTML('beforeend', '<img src=\"/static/web/icon.svg\">')"
    )
    assert [item.split(":")[0] for item in violations(page)] == ["image-alt"]


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_every_page_of_the_staff(windows: Windows, all_sorts: Clinic, size: Size) -> None:
    page = windows(Role.ADMIN, f"/?branch={all_sorts.here.pk}", size=size, theme="light")
    found: dict[str, list[str]] = {}
    known = addresses(all_sorts)
    assert len(known) > 20
    beside = {"today beside": f"/?visit={all_sorts.visit.pk}", "refused": "/visits/999999"}
    for name, path in {**known, **beside}.items():
        page.goto(path)
        if wrong := seen(page):
            found[name] = wrong
    assert found == {}


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_what_a_stranger_and_a_patient_see(windows: Windows, all_sorts: Clinic, size: Size) -> None:
    visit = all_sorts.visit
    page = windows(None, "/login", size=size, theme="light")
    paths = [
        "/login", "/login/forgotten", "/nowhere", f"/p/{visit_token(visit.pk, 'telegram')}", "/p/forged",
        urlsplit(unsubscribe_link(visit.patient_id, "smtp")).path,
    ]  # fmt: skip
    found: dict[str, list[str]] = {}
    for path in paths:
        page.goto(path)
        if wrong := seen(page):
            found[path] = wrong
    assert found == {}


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_the_menus(windows: Windows, clinic: Clinic, size: Size) -> None:
    page = windows(Role.ADMIN, "/chats", size=size, theme="light")
    for menu in (".me", ".more"):
        summary = page.locator(f"{menu} > summary")
        if not summary.is_visible():
            continue
        summary.click()
        assert violations(page) == [], menu
        page.evaluate(DARK)
        assert violations(page, "color-contrast") == [], menu
        page.reload()


def test_the_list_of_keys(windows: Windows, clinic: Clinic) -> None:
    staff = make.make_staff(Role.REGISTRAR)
    Staff.objects.filter(pk=staff.pk).update(language="kk")
    page = windows(staff, "/chats")
    page.keyboard.press("?")
    page.locator("#keys").wait_for()
    assert violations(page) == []
