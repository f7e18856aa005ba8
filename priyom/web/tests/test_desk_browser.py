"""Working together in a real browser: presence and breaks, chats given in turn and handed over with a word, the
supervisor's numbers, and the answer out of hours as a patient gets it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import transaction
from playwright.sync_api import Page, expect

from priyom.clinic.models import Branch, House, Role, Staff
from priyom.contracts.events import Said
from priyom.delivery.models import Delivery
from priyom.foundation.clock import clock
from priyom.inbox import presence
from priyom.inbox.assign import assign
from priyom.inbox.desk_models import Here, Note, Presence
from priyom.inbox.interpret import perform
from priyom.inbox.models import Conversation
from priyom.inbox.reply import reply
from priyom.journal.react import react_once
from priyom.web.tests.browser import Windows
from priyom.web.tests.conftest import Clinic
from tests import factories as make
from tests.driver import gateway

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

MINUTE = timedelta(minutes=1)
RESTS = 120_000
"""Milliseconds: a list asks the more rarely the slower its answers come, and a busy machine answers slowly."""


def colleague(clinic: Clinic, given: str) -> Staff:
    staff = make.make_staff(Role.REGISTRAR, clinic.here)
    Staff.objects.filter(pk=staff.pk).update(first_name=given)
    staff.refresh_from_db()
    return staff


def said(clinic: Clinic, address: str, text: str) -> None:
    """As the workers take it in, and what follows from it."""
    with transaction.atomic():
        raw = make.make_raw(clinic.account)
        perform(Said(address, text, provider_id=f"m{raw.pk}"), clinic.account, raw)
    while react_once():
        pass


def writes(clinic: Clinic, address: str, text: str = "Можно прийти с ребенком?") -> Conversation:
    """A patient of the branch writes; whoever shall have the chat has it."""
    patient = make.make_patient(given=f"Асем{address}", telegram=address)
    make.make_visit(patient, make.MONDAY + timedelta(days=1), branch=clinic.here)
    said(clinic, address, text)
    return Conversation.objects.get(patient=patient)


def test_chats_come_in_turn_but_not_on_a_break(windows: Windows, clinic: Clinic) -> None:
    boss = windows(Role.ADMIN, "/desk/setup")
    boss.get_by_label("Раздавать новые чаты").check()
    boss.locator("#house button.main").click()
    expect(boss.locator("#house [role=status]")).to_have_text("Сохранено.")
    assert House.objects.get().hand_out

    olga, vera = colleague(clinic, "Дина"), colleague(clinic, "Вера")
    hers, other = windows(olga, "/tasks"), windows(vera, "/tasks")
    for page in (hers, other):  # an open page says by itself that they are there
        page.locator(".me > summary").click()
        expect(page.locator("#presence [aria-pressed=true]")).to_have_text("на месте")
    assert [writes(clinic, f"80{n}").assigned_to for n in range(2)] == [olga, vera]

    hers.locator("#presence").get_by_role("button", name="перерыв").click()
    expect(hers.locator("#presence [aria-pressed=true]")).to_have_text("перерыв")
    assert [writes(clinic, f"81{n}").assigned_to for n in range(2)] == [vera, vera]

    boss.goto("/desk")
    row = boss.locator("#desk-people tr", has_text="Дина Ли")
    expect(row).to_contain_text("перерыв")
    with boss.expect_response("**/desk/rows?*"):
        row.get_by_role("button", name="Раздать 1").click()
    boss.wait_for_timeout(300)  # what the page has asked for since then is laid
    expect(boss.locator("#desk [role=status]")).to_contain_text("1 чат передан.")
    assert set(Conversation.objects.filter(needs_answer=True, assigned_to__isnull=False).values_list(
        "assigned_to__first_name", flat=True)) == {"Вера"}  # fmt: skip


def test_a_chat_is_passed_on_with_a_word(windows: Windows, clinic: Clinic) -> None:
    vera = colleague(clinic, "Вера")
    presence.beat(vera)
    presence.say(vera, Here.BREAK)
    page = windows(Role.REGISTRAR, f"/chats/{clinic.chat.pk}", clinic.here)
    page.locator("#pass > summary").click()
    expect(page.locator(f"#give option[value='{vera.pk}']")).to_have_text("Вера Ли · перерыв")
    page.select_option("#give", str(vera.pk))
    page.fill("#pass-note", "просит справку до четырех")
    page.locator("#pass button.main").click()
    expect(page.locator("#assign .whose")).to_contain_text("Вера Ли")
    expect(page.locator("#thread")).to_contain_text("просит справку до четырех")
    assert Note.objects.get().mentions.get().staff == vera
    page.locator("#assign").get_by_role("button", name="Взять себе").click()
    expect(page.locator("#assign .whose")).to_contain_text("Ольга Ли")


def test_the_supervisors_numbers(page: Page, clinic: Clinic) -> None:
    olga, boss = colleague(clinic, "Дина"), make.make_staff(Role.OWNER)
    Branch.objects.update(promise_minutes=15)
    for number, minutes in enumerate((4, 10, 40)):
        clock.freeze(make.MONDAY)
        presence.beat(olga)
        chat = writes(clinic, f"82{number}")
        assign(chat, olga, boss)
        clock.freeze(make.MONDAY + minutes * MINUTE)
        reply(olga, chat, "Да, можно")
    waits = writes(clinic, "829", "Ау, есть кто?")
    clock.freeze(make.MONDAY + 60 * MINUTE)
    page.goto("/desk")
    figures = page.locator("#desk-figures > div")
    expect(figures.nth(0).locator("dd")).to_have_text("2")  # this one, and the one of the tests' clinic
    expect(figures.nth(1).locator("dd")).to_have_text("за 10 мин")
    expect(figures.nth(2).locator("dd")).to_have_text("за 40 мин")
    expect(figures.nth(3).locator("dd")).to_have_text("2 из 5")  # one came late, and two still wait
    expect(page.locator("#desk-waits li").first).to_contain_text("ждет 60 мин, обещание нарушено")
    expect(page.locator("#desk-waits li").nth(1)).to_contain_text("ждет 20 мин")
    expect(page.locator(".bars text:not(.hour)")).to_have_text("3")
    row = page.locator("#desk-people tr", has_text="Дина Ли")
    expect(row.locator(".n")).to_have_text(["0", "3", "0", "3"])
    reply(olga, waits, "Слушаю")  # the page follows without a reload
    expect(figures.nth(0).locator("dd")).to_have_text("1", timeout=RESTS)
    expect(row.locator(".n").last).to_have_text("4")
    page.locator("#desk-waits a").first.click()
    expect(page.locator("#thread")).to_contain_text("Можно раньше?")


def test_out_of_hours_the_patient_is_told_when_we_open(page: Page, clinic: Clinic) -> None:
    page.goto("/desk/setup")
    card = page.locator(f"#b-{clinic.here.pk}")
    expect(card.locator(".seen")).to_contain_text("откроемся завтра в 08:00")  # with words to begin with
    card.get_by_label("По-русски").fill("Мы спим до {{ opend }}")
    expect(card.locator(".seen")).to_contain_text("«opend» здесь нет")
    card.get_by_label("По-русски").fill("Закрыто. Откроемся {{ opens }}, {{ clinic.name }}")
    expect(card.locator(".seen")).to_contain_text("Закрыто. Откроемся завтра в 08:00, Клиника")
    card.get_by_label("Отвечать самим").check()
    card.locator("button.main").click()
    expect(card.locator("[role=status]")).to_have_text("Сохранено.")

    clock.freeze(make.MONDAY + timedelta(hours=11))  # 22:00 in Almaty
    chat = writes(clinic, "830")
    [left] = [row for row in gateway() if row.address == "830"]  # as it leaves for the patient's messenger
    assert (left.account, left.body["text"]) == (clinic.account, "Закрыто. Откроемся завтра в 08:00, Клиника")
    said(clinic, "830", "Ау?")
    assert Delivery.objects.filter(address="830", body__kind="auto_answer").count() == 1
    assert Conversation.objects.get(pk=chat.pk).needs_answer  # it is no answer of ours
    page.goto(f"/chats/{chat.pk}")
    expect(page.locator("#thread")).to_contain_text("Закрыто. Откроемся завтра в 08:00")
    assert Presence.objects.count() == 1


def test_people_are_asked_to_go_on_elsewhere_until_a_day(page: Page, clinic: Clinic) -> None:
    make.make_account("max_messenger")
    page.goto("/desk/setup")
    card = page.locator(f"#a-{clinic.account.pk}")
    card.locator("summary").click()
    card.get_by_label("Просить всех").check()
    card.locator("button.main").click()
    expect(card.locator("[role=alert]")).to_contain_text("Выберите другой канал")
    card.get_by_label("Куда").select_option(label="MAX")
    card.get_by_label("Последний день").fill(f"{make.MONDAY:%Y-%m-%d}")
    expect(card.locator(".seen").first).to_contain_text("https://max.ru/clinic_demo_bot")
    card.locator("button.main").click()
    expect(card.locator("summary")).to_contain_text(f"просит перейти в MAX до {make.MONDAY:%d.%m.%Y}")

    writes(clinic, "840")
    [left] = [row for row in gateway() if row.address == "840"]
    assert (left.account, left.body["kind"]) == (clinic.account, "auto_answer")
    assert "https://max.ru/clinic_demo_bot?start=" in left.body["text"]
    clock.freeze(make.MONDAY + timedelta(days=1, hours=4))
    writes(clinic, "850")
    assert not [row for row in gateway() if row.address == "850"]
    page.reload()
    expect(card.locator("summary")).to_contain_text(f"просил перейти в MAX до {make.MONDAY:%d.%m.%Y}")
