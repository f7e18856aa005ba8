"""The queue in a real browser: who waits longest stands first, time ticks, hundreds of chats scroll by pieces, and a
search finds people and words while one types."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Page, Route, expect

from priyom.clinic.models import Role
from priyom.foundation.clock import now
from priyom.inbox.chat import conversation_of, touch
from priyom.inbox.models import Conversation, Incoming
from priyom.patients.models import Patient
from priyom.web.tests.browser import PHONE, STICKS_OUT, Windows
from priyom.web.tests.conftest import Clinic
from tests import factories as make

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PLACE = "document.getElementById('chats').scrollTop"
IN_THE_LIST = STICKS_OUT.replace("body *", "#chats *")
UNIQUE = """() => { const ids = [...document.querySelectorAll('#chat-pieces li')].map(e => e.id);
    return ids.length - new Set(ids).size }"""
ON_SCREEN = """id => { const box = document.getElementById(id)?.getBoundingClientRect();
    return Boolean(box) && box.top >= 0 && box.bottom <= innerHeight }"""


def writes(clinic: Clinic, patient: Patient, text: str, ago: timedelta) -> Conversation:
    chat = conversation_of(patient)
    at = now() - ago
    Incoming.objects.create(conversation=chat, account=clinic.account, address="1", at=at, text=text)
    touch(chat, text, at, needs_answer=True, channel=clinic.account.channel)
    return chat


def many(clinic: Clinic, count: int) -> list[Conversation]:
    """Old conversations nobody waits in, the newest first."""
    people = [
        Patient(external_id=f"q-{n}", family=f"Фамилия{n:03}", given="Имя", created_at=now(), changed_at=now())
        for n in range(count)
    ]
    Patient.objects.bulk_create(people)
    chats = [
        Conversation(
            patient=person, last_at=now() - timedelta(hours=5, minutes=n), last_text=f"слово {n}", channel="telegram"
        )
        for n, person in enumerate(people)
    ]
    return Conversation.objects.bulk_create(chats)


def to_the_end(page: Page, row: str) -> None:
    """Scroll down as somebody does, until that row has come."""
    for _ in range(40):
        if page.locator(f"#{row}").count():
            break
        pieces = page.locator("#chat-pieces .piece [data-rows]").count()
        page.evaluate("document.getElementById('chats').scrollBy(0, 4000)")
        page.wait_for_function(
            "n => document.querySelectorAll('#chat-pieces .piece [data-rows]').length > n", arg=pieces
        )
    page.locator(f"#{row}").scroll_into_view_if_needed()


def test_who_waits_longest_stands_first_and_time_ticks(windows: Windows, clinic: Clinic) -> None:
    first = writes(clinic, clinic.visit.patient, "Очень болит, температура", timedelta(0))
    other = make.make_patient(given="Вера")
    make.make_visit(other, branch=clinic.here)
    second = writes(clinic, other, "Во сколько вы открываетесь?", timedelta(minutes=9, seconds=30))
    desk = windows(Role.ADMIN, "/login")
    desk.clock.install()
    desk.goto("/chats")
    rows = desk.locator("#chat-pieces li")
    expect(rows.nth(0)).to_have_attribute("id", f"chat-{first.pk}")
    expect(rows.nth(0)).to_contain_text("срочно")
    expect(rows.nth(1)).to_have_attribute("id", f"chat-{second.pk}")
    expect(rows.nth(1)).to_contain_text("ждет 9 мин")
    row = rows.nth(1).locator(".row")
    expect(row).not_to_have_class(re.compile("is-"))
    desk.clock.run_for(60_000)
    expect(row).to_contain_text("ждет 10 мин")
    expect(row).to_have_class(re.compile("is-soon"))
    desk.clock.run_for(5 * 60_000)
    expect(row).to_contain_text("ждет 15 мин")
    expect(row).to_have_class(re.compile("is-late"))
    expect(row).to_contain_text("обещали до 11:05")
    expect(row.locator(".wait use")).to_have_attribute("href", "#i-silent")


def test_hundreds_scroll_by_pieces_and_keep_their_place(windows: Windows, clinic: Clinic) -> None:
    chats = many(clinic, 200)
    desk = windows(Role.ADMIN, "/chats")
    expect(desk.locator("#c-waiting")).to_contain_text("Ждут ответа 1")
    expect(desk.locator("#c-all")).to_contain_text("99+")
    assert desk.locator("#chat-pieces li").count() <= 81
    deep = chats[150]
    to_the_end(desk, f"chat-{deep.pk}")
    desk.click(f"#chat-{deep.pk} .row")
    expect(desk.locator("#detail h2").first).to_contain_text(deep.patient.family if deep.patient else "")
    place = desk.evaluate(PLACE)
    assert place > 3000

    # Somebody far below writes: they go to the head, nothing moves here, nobody stands twice.
    mover = chats[149]
    touch(mover, "Я уже здесь", now(), needs_answer=True, channel="telegram")
    make.make_visit(make.make_patient(given="Олег"), branch=clinic.here)
    expect(desk.locator("#c-waiting")).to_contain_text("Ждут ответа 2")
    desk.mouse.move(1200, 500)
    expect(desk.locator(f"#chat-{mover.pk}")).to_have_count(0)
    assert abs(desk.evaluate(PLACE) - place) < 100
    desk.evaluate("document.getElementById('chats').scrollTo(0, 0)")
    expect(desk.locator(f"#chat-{mover.pk}")).to_contain_text("Я уже здесь")
    assert desk.evaluate(UNIQUE) == 0

    desk.locator(f"#chat-{deep.pk}").scroll_into_view_if_needed()
    desk.wait_for_function(f"() => JSON.parse(sessionStorage.getItem('chats'))?.top === {PLACE}")
    desk.reload()
    desk.wait_for_function(ON_SCREEN, arg=f"chat-{deep.pk}")
    expect(desk.locator(f"#chat-{deep.pk}")).to_have_attribute("aria-current", "true")
    assert desk.evaluate(UNIQUE) == 0


def test_tabs_and_filters_stand_in_the_address(windows: Windows, clinic: Clinic) -> None:
    many(clinic, 3)
    make.make_account("smsc")
    desk = windows(Role.ADMIN, f"/chats?chat={clinic.chat.pk}")
    desk.click("#c-waiting")
    expect(desk).to_have_url(re.compile(rf"/chats\?show=waiting&chat={clinic.chat.pk}$"))
    expect(desk.locator("#chat-pieces li")).to_have_count(1)
    expect(desk.locator(f"#chat-{clinic.chat.pk}")).to_have_attribute("aria-current", "true")
    expect(desk.locator("#detail h2").first).to_contain_text("Ким Анна")
    desk.select_option("#find-channel", "smsc")
    expect(desk).to_have_url(re.compile("show=waiting&channel=smsc"))
    expect(desk.locator("#none")).to_contain_text("Здесь никто не ждет")
    desk.reload()
    expect(desk.locator("#find-channel")).to_have_value("smsc")
    desk.select_option("#find-channel", "")
    expect(desk).not_to_have_url(re.compile("channel="))
    desk.click("#c-done")
    expect(desk.locator("#chat-pieces li")).to_have_count(4)
    desk.go_back()
    expect(desk.locator("#c-waiting")).to_have_attribute("aria-current", "true")
    expect(desk.locator("#chat-pieces li")).to_have_count(1)


def test_an_answer_for_a_list_that_is_gone_takes_nothing_away(windows: Windows, clinic: Clinic) -> None:
    many(clinic, 3)
    desk = windows(Role.ADMIN, "/chats")
    expect(desk.locator("#chat-pieces li")).to_have_count(5)
    held: list[Route] = []
    desk.route("**/chats/piece*", lambda route: held.append(route))  # noqa: PLW0108 - a built-in is refused
    desk.evaluate("htmx.trigger(document.querySelector('#chat-pieces .piece'), 'seen')")
    while not held:
        desk.wait_for_timeout(20)
    desk.click("#c-waiting")
    expect(desk.locator("#chat-pieces li")).to_have_count(1)
    with desk.expect_response("**/chats/piece*"):
        held[0].continue_()
    desk.wait_for_timeout(200)
    expect(desk.locator("#chat-pieces li")).to_have_count(1)


def test_people_and_words_are_found_while_one_types(windows: Windows, clinic: Clinic) -> None:
    Incoming.objects.filter(conversation=clinic.chat).update(text="Готовы ли <b>мои</b> анализы крови?")
    said = Incoming.objects.get(conversation=clinic.chat)
    Patient.objects.filter(pk=clinic.visit.patient_id).update(family="Жұмабаева")
    desk = windows(Role.ADMIN, "/chats")
    desk.keyboard.press("/")
    expect(desk.locator("#find")).to_be_focused()
    desk.keyboard.type("умаба")
    found = desk.locator("#chat-found")
    expect(found.locator("li")).to_have_count(1)
    expect(found.locator("h2")).to_have_text("Люди")
    expect(found).to_contain_text("Жұмабаева Анна")
    desk.fill("#find", "8 701 123-45")
    expect(found).to_contain_text("+7 701 123 4567")
    expect(desk).to_have_url(re.compile(r"q=8\+701"))
    desk.fill("#find", "анализ кро")
    expect(found.locator("mark")).to_have_text(["анализы", "крови"])
    expect(found.locator(".words")).to_have_text("Готовы ли <b>мои</b> анализы крови?")
    desk.reload()
    expect(found.locator("mark")).to_have_count(2)
    desk.keyboard.press("/")
    desk.keyboard.press("ArrowDown")
    desk.keyboard.press("Enter")
    expect(desk.locator("#detail h2").first).to_contain_text("Жұмабаева")
    assert f"at=i{said.pk}" in desk.url
    desk.goto("/chats?q=умаба")
    desk.wait_for_function("() => document.querySelector('.wait > span')?.textContent")
    expect(found.locator(".wait")).to_have_text(re.compile(r"только что|ждет \d мин"))  # by the server's clock
    desk.fill("#find", "ничегоподобного")
    expect(found).to_contain_text("Ничего не нашлось")
    desk.fill("#find", "")
    expect(desk.locator(f"#chat-{clinic.chat.pk}")).to_be_visible()
    expect(desk).not_to_have_url(re.compile("q="))


@pytest.mark.parametrize("language", ["ru", "kk"])
def test_nothing_sticks_out_on_a_phone(windows: Windows, clinic: Clinic, language: str) -> None:
    writes(clinic, clinic.visit.patient, "Очень болит, " * 20, timedelta(minutes=40))
    phone = windows(Role.ADMIN, "/chats", size=PHONE, language=language)
    expect(phone.locator("#chat-pieces li").first).to_be_visible()
    assert phone.evaluate(IN_THE_LIST) == []
    phone.goto("/chats?q=болит")
    expect(phone.locator("mark").first).to_be_visible()
    assert phone.evaluate(IN_THE_LIST) == []


def test_the_choice_of_a_branch_tells_how_many_wait_there(windows: Windows, clinic: Clinic) -> None:
    page = windows(Role.REGISTRAR, "/chats", clinic.here, clinic.there, size=PHONE)
    here, there = (page.locator(f"#find-branch option[value='{one.pk}']") for one in (clinic.here, clinic.there))
    expect(here).to_have_text(f"{clinic.here.name} · 1")
    expect(there).to_have_text(clinic.there.name)
    assert clinic.far.patient is not None
    writes(clinic, clinic.far.patient, "Алло?", timedelta(0))
    expect(there).to_have_text(f"{clinic.there.name} · 1")  # without a reload
    assert page.evaluate(STICKS_OUT) == []
    page.select_option("#find-branch", str(clinic.there.pk))
    expect(page.locator("#chat-pieces li")).to_have_count(1)
    expect(here).to_have_text(f"{clinic.here.name} · 1")  # also while another is chosen
