"""The staff pages in a real browser: by keyboard, live, asked twice, and without anything that sticks out."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from datetime import timedelta

import pytest
import uvicorn
from django.test import Client
from playwright.sync_api import Page, expect, sync_playwright

from config.asgi import application
from priyom.appointments import change
from priyom.appointments.models import Visit
from priyom.clinic.models import Branch, Role, Staff
from priyom.inbox.models import CallTask
from priyom.web.tests.conftest import Clinic
from tests import factories as make

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    # WhiteNoise gives files out as plain iterators: a matter between it and Django.
    pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume synchronous iterators"),
]

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
STICKS_OUT = """() => [...document.querySelectorAll('body *')].filter(e => !e.closest('.scroll-x, svg, .hide, time'))
    .filter(e => e.getBoundingClientRect().width && e.getBoundingClientRect().right > innerWidth + 1)
    .map(e => e.tagName + '.' + e.className)"""


COVERED = """() => {
    const parts = [...document.querySelectorAll('.top :is(h1, select, .switches .seg, #day, .search, .me > summary)')]
        .map(e => e.getBoundingClientRect());
    return parts.filter((a, n) => parts.some((b, m) => m > n && a.left < b.right && b.left < a.right
        && a.top < b.bottom && b.top < a.bottom)).length }"""


@pytest.fixture
def address(alone: None, transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
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
def page(address: str, clinic: Clinic) -> Iterator[Page]:
    """The desk's browser, signed in, on the branch's day; nothing on the page may complain."""
    client: Client = clinic.browser(Role.ADMIN)
    with sync_playwright() as player:
        browser = player.chromium.launch(executable_path="/usr/bin/chromium", args=ARGUMENTS)
        context = browser.new_context(base_url=address, viewport={"width": 1440, "height": 900})
        context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": address}])
        opened = context.new_page()
        faults: list[str] = []
        opened.on("pageerror", lambda error: faults.append(str(error)))
        opened.goto(f"/?branch={clinic.here.pk}")
        yield opened
        browser.close()
        assert faults == []


def test_a_visit_opens_beside_the_list_by_keyboard(page: Page, clinic: Clinic) -> None:
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.locator("#detail h2").first).to_have_text("Ким Анна")
    expect(page.locator("#visits")).to_be_visible()
    assert f"visit={clinic.visit.pk}" in page.url
    page.reload()
    expect(page.locator(f"#v-{clinic.visit.pk}")).to_have_attribute("aria-current", "true")
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()


def test_cancelling_is_asked_twice(page: Page, clinic: Clinic) -> None:
    page.click(f"#v-{clinic.visit.pk} a")
    page.click("text=Отменить")
    expect(page.locator("button.sure")).to_have_text("Точно отменить?")
    assert Visit.objects.get(pk=clinic.visit.pk).state == "booked"
    page.click("button.sure")
    expect(page.locator("[role=status]")).to_contain_text("Отменено")
    expect(page.locator(f"#v-{clinic.visit.pk}")).to_contain_text("отменен")


def test_the_list_follows_without_a_reload_and_keeps_still_under_the_pointer(page: Page, clinic: Clinic) -> None:
    row = page.locator(f"#v-{clinic.visit.pk}")
    expect(row).to_contain_text("звонок")
    page.hover("#visits")
    earlier = make.make_visit(
        make.make_patient(given="Вера"), clinic.visit.starts_at - timedelta(hours=1), branch=clinic.here
    )
    CallTask.objects.filter(visit=clinic.visit).delete()
    change.confirm(clinic.visit.pk, by="patient", channel=clinic.account.channel, evidence="кнопка в Telegram")
    expect(row).to_contain_text("подтвержден")  # what is there changes in place
    expect(page.locator(f"#v-{earlier.pk}")).to_have_count(0)  # nothing pushes it away
    page.hover(".brand")
    expect(page.locator("#visits li").first).to_have_attribute("id", f"v-{earlier.pk}")


@pytest.mark.parametrize("width", [1440, 900, 390])
def test_nothing_sticks_out(page: Page, clinic: Clinic, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    for path in (
        "/", f"/?visit={clinic.visit.pk}", "/chats", f"/chats/{clinic.chat.pk}", "/tasks", f"/tasks/{clinic.task.pk}",
        "/patients", f"/patients/{clinic.visit.patient_id}", "/accounts", f"/accounts/{clinic.account.pk}",
        f"/accounts/{clinic.account.pk}/poster", "/accounts/add", "/accounts/numbers", "/accounts/staff", "/imports",
        f"/imports/{clinic.draft.pk}", "/attention",
    ):  # fmt: skip
        page.goto(path)
        assert page.evaluate(STICKS_OUT) == [], path


@pytest.mark.parametrize("language", ["ru", "kk"])
def test_nothing_in_the_top_line_covers_another(page: Page, clinic: Clinic, language: str) -> None:
    Branch.objects.filter(pk=clinic.there.pk).update(name="Филиал в Екатеринбурге")
    Staff.objects.update(language=language, first_name="Гульмира", last_name="Смагулова-Железнодорожная")
    for width in (760, 900, 1024, 1100, 1239, 1240, 1280, 1320, 1360, 1440, 1920):
        page.set_viewport_size({"width": width, "height": 900})
        page.goto(f"/?branch={clinic.there.pk}")
        assert page.evaluate(COVERED) == 0, width
