"""Somebody works in another window: a patient writes, the page calls them back, and says no more than it may."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import Page, expect

from priyom.clinic.models import Role
from priyom.foundation.clock import now
from priyom.inbox import turn
from priyom.inbox.chat import conversation_of
from priyom.inbox.models import Conversation, Incoming
from priyom.web.tests.browser import Windows
from priyom.web.tests.conftest import Clinic
from tests import factories as make

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

STAGE = """
  const shown = []; let sounds = 0;
  const granted = () => localStorage.getItem("granted") ?? "default";
  const tell = () => { const told = document.documentElement?.dataset;
    if (told) { told.shown = JSON.stringify(shown); told.sounds = sounds; } };
  window.focused = true;
  document.hasFocus = () => window.focused;
  HTMLMediaElement.prototype.play = function () { sounds += 1; tell(); return Promise.resolve(); };
  window.Notification = class {
    constructor(title, options) { shown.push({ title, body: options.body, tag: options.tag }); tell(); }
    static get permission() { return granted(); }
    static async requestPermission() {
      localStorage.setItem("granted", window.forbids ? "denied" : "granted");
      return granted();
    }
  };
  document.addEventListener("DOMContentLoaded", tell);
"""
"""The browser's own parts that a page cannot look at: whether it is in front, what was heard and shown. It is told by
attributes of the page itself."""


def shown(page: Page) -> list[dict[str, str]]:
    """Notifications, as soon as there are any."""
    expect(page.locator("html")).not_to_have_attribute("data-shown", "[]")
    told: list[dict[str, str]] = json.loads(page.locator("html").get_attribute("data-shown") or "[]")
    return told


def heard(page: Page, times: int) -> None:
    """So many sounds were made."""
    expect(page.locator("html")).to_have_attribute("data-sounds", str(times))


def writes(clinic: Clinic, chat: Conversation, text: str = "Болит зуб") -> None:
    Incoming.objects.create(conversation=chat, account=clinic.account, address=make.CHAT, at=now(), text=text)
    turn.asks(chat, text, now())
    Conversation.objects.filter(pk=chat.pk).update(unread=1)


def look_away(page: Page) -> None:
    page.evaluate("() => { window.focused = false; window.dispatchEvent(new Event('blur')); }")


@pytest.fixture
def desk(windows: Windows, clinic: Clinic) -> Page:
    """A registrar's browser with those parts within reach, on the list of chats."""
    page = windows(Role.REGISTRAR, "/login")
    page.context.add_init_script(STAGE)
    with page.expect_response("**/news?**"):
        page.goto("/chats")
    return page


def switch(page: Page, name: str) -> None:
    page.click(".me > summary")
    page.locator(f"#ear [name=ear-{name}]").click()
    page.click(".me > summary")


def test_a_message_calls_back_without_telling_what_is_in_it(desk: Page, clinic: Clinic) -> None:
    switch(desk, "notify")
    look_away(desk)
    writes(clinic, clinic.chat)
    assert shown(desk) == [{"title": "Новое сообщение: Анна К.", "body": "", "tag": f"chat-{clinic.chat.pk}"}]
    heard(desk, 1)
    expect(desk).to_have_title("(1) Чаты · Priyom")
    expect(desk.locator("#favicon")).to_have_attribute("href", "/static/web/icon-dot.svg")


def test_a_phone_shows_it_by_a_worker(desk: Page, clinic: Clinic) -> None:
    desk.context.grant_permissions(["notifications"])
    desk.evaluate(
        "() => { window.Notification = new Proxy(window.Notification, { construct() { throw new TypeError(); } }); }"
    )
    switch(desk, "notify")
    look_away(desk)
    with desk.context.expect_event("serviceworker") as begun:
        writes(clinic, clinic.chat)
    noted = """async () => { for (;;) {
        const [here] = await navigator.serviceWorker.getRegistrations();
        const [note] = await here.getNotifications();
        if (note) return { title: note.title, body: note.body, url: note.data.url };
        await new Promise((again) => setTimeout(again, 50));
    } }"""
    url = f"/chats/{clinic.chat.pk}"
    assert desk.evaluate(noted) == {"title": "Новое сообщение: Анна К.", "body": "", "url": url}
    begun.value.evaluate("(url) => { open(url).catch(() => {}); }", url)  # only a finger may bring the tab to the front
    expect(desk).to_have_url(re.compile(rf"{url}$"))
    expect(desk.locator("#thread")).to_be_visible()


def test_words_are_shown_only_where_it_was_allowed(desk: Page, clinic: Clinic) -> None:
    expect(desk.locator("#ear [name=ear-words]")).to_be_disabled()
    switch(desk, "notify")
    switch(desk, "words")
    look_away(desk)
    writes(clinic, clinic.chat)
    assert [note["body"] for note in shown(desk)] == ["Болит зуб"]


def test_nothing_is_shown_unasked_nor_to_somebody_who_looks(desk: Page, clinic: Clinic) -> None:
    writes(clinic, clinic.chat)
    heard(desk, 1)  # the page is in front: a sound is enough
    expect(desk.locator("html")).to_have_attribute("data-shown", "[]")


def test_the_sound_can_be_turned_off_for_good(desk: Page, clinic: Clinic) -> None:
    switch(desk, "notify")
    switch(desk, "sound")
    with desk.expect_response("**/news?**"):
        desk.reload()
    expect(desk.locator("#ear [name=ear-sound]")).not_to_be_checked()
    look_away(desk)
    writes(clinic, clinic.chat)
    assert len(shown(desk)) == 1
    heard(desk, 0)


def test_of_two_tabs_one_rings_and_neither_for_what_is_being_read(desk: Page, clinic: Clinic) -> None:
    switch(desk, "notify")
    look_away(desk)
    second = desk.context.new_page()
    second.goto(f"/chats/{clinic.chat.pk}")
    expect(second.locator("#thread")).to_be_visible()
    other = conversation_of(make.make_patient(given="Вера"))
    writes(clinic, clinic.chat)  # open before the eyes in the second tab
    writes(clinic, other)
    heard(desk, 1)
    heard(second, 0)
    look_away(second)
    writes(clinic, other, "Алло?")
    assert [note["title"] for note in shown(desk)] == ["Новое сообщение: Вера К."]
    desk.close()
    with second.expect_response("**/news?**"):  # the tab that is left listens now
        writes(clinic, clinic.chat)
    assert [note["title"] for note in shown(second)] == ["Новое сообщение: Анна К."]


def test_a_hidden_tab_goes_on_listening(desk: Page, clinic: Clinic) -> None:
    desk.evaluate("""() => {
        Object.defineProperty(document, "hidden", { value: true });
        window.focused = false;
        document.dispatchEvent(new Event("visibilitychange"));
    }""")
    switch(desk, "notify")
    writes(clinic, clinic.chat)
    assert len(shown(desk)) == 1


def test_what_the_browser_forbids_is_said(desk: Page) -> None:
    desk.evaluate("() => { window.forbids = true; }")
    desk.click(".me > summary")
    desk.locator("#ear [name=ear-notify]").click()
    expect(desk.locator("#ear [role=status]")).to_contain_text("Браузер не разрешает уведомления")
    expect(desk.locator("#ear [name=ear-notify]")).not_to_be_checked()


def test_people_waiting_in_each_branch_are_counted_live(windows: Windows, clinic: Clinic) -> None:
    page = windows(Role.OWNER, f"/?branch={clinic.here.pk}")
    option = page.locator(f"option[data-branch][value='{clinic.there.pk}']")
    expect(option).to_have_text(clinic.there.name)
    writes(clinic, conversation_of(clinic.far.patient))
    expect(option).to_have_text(f"{clinic.there.name} (1)")
