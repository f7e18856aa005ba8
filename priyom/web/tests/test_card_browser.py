"""The patient's side in a real browser: a visit booked, moved and cancelled from the chat; two cards made one and two
again; an unknown chat known by a code."""

from __future__ import annotations

import re
from datetime import date, datetime

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from priyom.appointments.models import Visit
from priyom.clinic.models import Role
from priyom.contracts.events import Said
from priyom.delivery.models import Delivery
from priyom.inbox.chat import Chat, conversation_of
from priyom.inbox.models import CallTask, Conversation, Incoming
from priyom.inbox.receive import said
from priyom.journal.models import Pending
from priyom.patients.keep import ContactRecord, PatientRecord, keep
from priyom.patients.models import Merge, Opened, Patient
from priyom.web.tests.browser import DESKTOP, PHONE, STICKS_OUT, Windows
from priyom.web.tests.conftest import Clinic
from tests import factories as make
from tests.driver import open_house, settle_house

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def kinds(patient: Patient) -> list[str]:
    """What has been ordered for this patient, in order."""
    rows = Delivery.objects.filter(patient=patient, body__has_key="kind").order_by("pk")
    return list(rows.values_list("body__kind", flat=True))


def twice(page: Page, selector: str) -> None:
    """Press, read what is asked, press again."""
    page.locator(selector).first.click()
    sure = page.locator("button.sure")
    expect(sure).to_be_visible()
    sure.click()


def test_a_visit_is_booked_moved_and_cancelled_from_the_chat(page: Page, clinic: Clinic) -> None:
    open_house()
    CallTask.objects.all().delete()
    Pending.objects.all().delete()
    patient = clinic.visit.patient
    known = set(Visit.objects.values_list("pk", flat=True))
    page.goto(f"/chats/{clinic.chat.pk}")
    page.click("text=Записать >> nth=0")
    expect(page.locator("#book-who option:checked")).to_have_text(clinic.visit.practitioner.name)
    page.locator("#booking .slots button").nth(1).click()
    assert set(Visit.objects.values_list("pk", flat=True)) == known  # once is a question
    page.locator("#booking button.sure").click()
    expect(page.locator("#booking [role=status]")).to_contain_text("Записано")
    booked = Visit.objects.exclude(pk__in=known).get()
    assert (booked.patient, booked.claimed, booked.external_id[:7]) == (patient, True, "priyom-")
    expect(page.locator(f"#cv-{booked.pk}")).to_contain_text("ждем ответа")
    settle_house()
    assert kinds(patient) == ["confirmation"]
    page.reload()
    expect(page.locator("#thread")).to_contain_text("Подтверждение записи")

    page.locator(f"#cv-{booked.pk} >> text=Перенести").click()
    twice(page, "#booking .slots button")
    expect(page.locator("#booking [role=status]")).to_contain_text("Перенесено")
    moved = Visit.objects.get(pk=booked.pk)
    assert moved.starts_at != booked.starts_at
    settle_house()
    assert kinds(patient) == ["confirmation", "moved"]

    twice(page, f"#cv-{booked.pk} >> text=Отменить")
    expect(page.locator("#booking [role=status]")).to_contain_text("Отменено")
    expect(page.locator(f"#cv-{booked.pk}")).to_have_count(0)
    settle_house()
    assert kinds(patient) == ["confirmation", "moved", "cancelled"]


def test_a_time_somebody_has_just_taken_is_offered_no_more(page: Page, clinic: Clinic) -> None:
    page.goto(f"/chats/{clinic.chat.pk}")
    page.click("text=Записать >> nth=0")
    slot = page.locator("#booking .slots button").first
    start = re.search(r'"to": "([^"]+)"', slot.get_attribute("hx-vals") or "")
    assert start is not None
    other = make.make_patient(given="Вера")
    make.make_visit(
        other, datetime.fromisoformat(start[1]), practitioner=clinic.visit.practitioner, branch=clinic.visit.branch
    )
    twice(page, "#booking .slots button")
    expect(page.locator("#booking [role=alert]")).to_contain_text("только что заняли")
    fresh = page.locator("#booking .slots button").first
    expect(fresh).not_to_have_attribute("hx-vals", re.compile(re.escape(start[1])))
    assert not Visit.objects.filter(patient=clinic.visit.patient, external_id__startswith="priyom-").exists()


def test_two_cards_become_one_and_two_again(windows: Windows, clinic: Clinic) -> None:
    kept = clinic.visit.patient
    Patient.objects.filter(pk=kept.pk).update(birth_date=date(1983, 5, 2))
    contacts = (ContactRecord("phone", make.PHONE),)
    gone = keep(PatientRecord("p-again", "Ким", "Анна", birth_date=date(1983, 5, 2), contacts=contacts))[0]
    other = make.make_visit(gone, branch=clinic.here)
    Incoming.objects.create(
        conversation=conversation_of(gone), account=clinic.account, address="77", at=make.MONDAY, text="Это тоже я"
    )
    page = windows(Role.REGISTRAR, f"/chats/{clinic.chat.pk}")
    expect(page.locator(".alike")).to_contain_text("Похоже, это тот же человек")
    expect(page.locator(".alike")).to_contain_text("телефон, дата рождения, имя")
    page.click("text=Сравнить карточки")
    expect(page.locator(".pair section")).to_have_count(2)
    twice(page, ".acts button.main")
    page.wait_for_url(f"**/patients/{kept.pk}")
    expect(page.locator(f'article a[href="/visits/{other.pk}"]')).to_be_visible()
    page.goto(f"/patients/{gone.pk}")
    assert page.url.endswith(f"/patients/{kept.pk}")
    page.goto(f"/chats/{clinic.chat.pk}")
    expect(page.locator("#thread")).to_contain_text("Это тоже я")
    expect(page.locator(".alike")).to_have_count(0)

    page.goto(f"/patients/{kept.pk}")
    twice(page, "text=Разъединить")
    expect(page.locator("text=Разъединить")).to_have_count(0)
    expect(page.locator(f'article a[href="/visits/{other.pk}"]')).to_have_count(0)
    assert Merge.objects.get().undone_at is not None
    page.goto(f"/patients/{gone.pk}")
    assert page.url.endswith(f"/patients/{gone.pk}")
    expect(page.locator(f'article a[href="/visits/{other.pk}"]')).to_be_visible()


def test_twins_are_told_apart_for_good(windows: Windows, clinic: Clinic) -> None:
    anna = clinic.visit.patient
    Patient.objects.filter(pk=anna.pk).update(birth_date=date(1983, 5, 2))
    twin = PatientRecord(
        "p-twin", "Ким", "Вера", birth_date=date(1983, 5, 2), contacts=(ContactRecord("phone", make.PHONE),)
    )
    vera = keep(twin)[0]
    page = windows(Role.REGISTRAR, f"/chats/{clinic.chat.pk}")
    expect(page.locator(".alike")).to_contain_text("возможно, близнецы")
    page.click("text=Это разные люди")
    expect(page.locator(f"#alike-{vera.pk}")).to_contain_text("Ким Вера")
    expect(page.locator(".alike")).to_have_count(0)
    page.click(f"#alike-{vera.pk} button")  # a slip
    expect(page.locator(".alike")).to_have_count(1)
    page.click("text=Сравнить карточки")
    page.click(".acts >> text=Это разные люди")
    page.wait_for_url(f"**/patients/{anna.pk}")
    expect(page.locator("#card-contacts").first).to_be_visible()
    expect(page.locator(".alike")).to_have_count(0)


def test_an_unknown_chat_is_known_by_a_code(windows: Windows, clinic: Clinic) -> None:
    make.make_account("smsc")
    Conversation.objects.filter(pk=clinic.stranger.pk).update(name="Анна Ким")
    page = windows(Role.REGISTRAR, f"/chats/{clinic.stranger.pk}")
    guess = page.locator(".guess")
    expect(guess).to_contain_text("зовут так же")
    guess.locator("text=Код на").click()
    expect(page.locator("#unknown")).to_contain_text("Код отправлен на")
    sent = Delivery.objects.get(address=make.PHONE)
    code = re.search(r"\d{5}", sent.body["text"])
    assert code is not None
    assert sent.patient is None  # nobody reads it in a thread
    page.fill("#code", "00000" if code[0] != "00000" else "11111")
    page.click("#unknown form button.main")
    expect(page.locator("#unknown [role=alert]")).to_contain_text("Код не тот")
    page.fill("#code", code[0])
    page.click("#unknown form button.main")
    page.wait_for_url(f"**/chats/{clinic.chat.pk}")
    expect(page.locator(".person h2")).to_have_text("Ким Анна")
    assert clinic.visit.patient.contacts.get(address="909").linked_by == "phone"


def test_a_code_written_into_the_chat_ties_it_by_itself(windows: Windows, clinic: Clinic) -> None:
    make.make_account("smsc")
    Incoming.objects.create(
        conversation=clinic.stranger, account=clinic.account, address="909", at=make.MONDAY, text="мой +7 701 123-45-67"
    )
    page = windows(Role.REGISTRAR, f"/chats/{clinic.stranger.pk}")
    expect(page.locator(".guess")).to_contain_text("написал этот номер")
    page.click("text=Код на")
    expect(page.locator("#unknown")).to_contain_text("Код отправлен на")
    code = re.search(r"\d{5}", Delivery.objects.get(address=make.PHONE).body["text"])
    assert code is not None
    said(Chat.of(clinic.account, "909"), Said("909", code[0], "m-1"), make.make_raw(clinic.account))
    assert not Conversation.objects.filter(pk=clinic.stranger.pk).exists()
    page.goto(f"/chats/{clinic.chat.pk}")
    expect(page.locator("#thread")).to_contain_text("мой +7 701 123-45-67")


def test_the_card_is_kept_by_hand_and_its_log_is_read(windows: Windows, clinic: Clinic) -> None:
    patient = clinic.visit.patient
    page = windows(Role.REGISTRAR, f"/patients/{patient.pk}")
    page.fill("#tag-name", "VIP")
    page.keyboard.press("Enter")
    expect(page.locator(".tag")).to_contain_text("VIP")
    page.click("#note-new summary")
    page.fill("#card-note", "Плохо слышит: звонить сыну")
    page.click("#note-new button.main")
    expect(page.locator(".card-note")).to_contain_text("звонить сыну")
    page.click("#contact-new summary")
    page.fill("#new-address", "701")
    page.click("#contact-new button.main")
    expect(page.locator("#new-wrong")).to_contain_text("Это не номер телефона")
    page.fill("#new-address", "8 701 555 01 99")
    page.select_option("#new-relation", "son")
    page.click("#contact-new button.main")
    expect(page.locator(".contact", has_text="555 0199")).to_contain_text("сын")
    page.click("#consent-change summary")
    page.select_option("#consent-purpose", "marketing")
    page.fill("#consent-text", "просил по телефону")
    page.click("#consent-change button.main")
    expect(page.locator("#card-consents")).to_contain_text("остановлено")
    assert Opened.objects.filter(patient=patient, what="card").count() == 1
    manager = windows(Role.OWNER, f"/patients/{patient.pk}")
    manager.click("text=Весь журнал")
    expect(manager.locator("#log tr")).to_have_count(2)
    expect(manager.locator("#log")).to_contain_text("карточка")


@pytest.mark.parametrize("language", ["ru", "kk"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE])
def test_nothing_of_it_sticks_out(windows: Windows, clinic: Clinic, size: tuple[int, int], language: str) -> None:
    make.make_account("smsc")
    Conversation.objects.filter(pk=clinic.stranger.pk).update(name="Анна Ким")
    kept = clinic.visit.patient
    other = make.make_patient(given="Анна", phone=make.PHONE)
    page = windows(Role.ADMIN, f"/chats/{clinic.chat.pk}", size=size, language=language)
    page.locator("#booking").locator("xpath=preceding-sibling::*").locator("button").click()
    expect(page.locator("#booking .slots button").first).to_be_visible()
    assert page.evaluate(STICKS_OUT) == []
    for path in (
        f"/patients/{kept.pk}", f"/chats/{clinic.stranger.pk}", reverse("web:merge_compare", args=[kept.pk, other.pk]),
        "/opened",
    ):  # fmt: skip
        page.goto(path)
        assert page.evaluate(STICKS_OUT) == [], path
