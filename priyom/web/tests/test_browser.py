"""The staff pages in a real browser: by keyboard, live, asked twice, and without anything that sticks out."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import FilePayload, Page, expect

from priyom.appointments import change
from priyom.appointments.models import Visit
from priyom.clinic.models import Branch, Staff
from priyom.delivery.models import Account, Delivery, Doubt
from priyom.foundation.clock import now
from priyom.inbox.chat import conversation_of
from priyom.inbox.models import CallTask, Conversation, Incoming
from priyom.web.tests.browser import STICKS_OUT
from priyom.web.tests.conftest import Clinic
from tests import factories as make

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

COVERED = """() => {
    const parts = [...document.querySelectorAll('.top :is(h1, select, .switches .seg, #day, .search, .me > summary)')]
        .map(e => e.getBoundingClientRect());
    return parts.filter((a, n) => parts.some((b, m) => m > n && a.left < b.right && b.left < a.right
        && a.top < b.bottom && b.top < a.bottom)).length }"""


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
    expect(page.locator(".note[role=status]")).to_contain_text("Отменено")
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


def test_a_doubtful_message_is_sent_again_only_after_a_second_press(page: Page, clinic: Clinic) -> None:
    make.make_doubt(clinic.account, clinic.visit.patient)
    page.goto("/doubts")
    again = page.locator("#ours button.main")
    again.click()
    expect(again).to_contain_text("Может прийти дважды")
    assert Doubt.objects.get().resolved == ""
    again.click()
    expect(page.locator("#told")).to_contain_text("Отправлено еще раз")
    expect(page.locator("#ours")).to_have_count(0)
    assert Doubt.objects.get().resolved == "person"


@pytest.mark.parametrize("width", [1440, 900, 390])
def test_nothing_sticks_out(page: Page, clinic: Clinic, width: int) -> None:
    make.make_doubt(clinic.account, clinic.visit.patient)
    page.set_viewport_size({"width": width, "height": 900})
    for path in (
        "/", f"/?visit={clinic.visit.pk}", "/chats", f"/chats/{clinic.chat.pk}", "/tasks", f"/tasks/{clinic.task.pk}",
        "/patients", f"/patients/{clinic.visit.patient_id}", "/accounts", f"/accounts/{clinic.account.pk}",
        f"/accounts/{clinic.account.pk}/poster", "/accounts/add", "/accounts/numbers", "/accounts/staff", "/imports",
        f"/imports/{clinic.draft.pk}", "/attention", "/doubts",
    ):  # fmt: skip
        page.goto(path)
        assert page.evaluate(STICKS_OUT) == [], path


@pytest.mark.parametrize("language", ["ru", "kk"])
@pytest.mark.parametrize("width", [1440, 390])
def test_no_channel_loses_its_name_to_its_state(page: Page, clinic: Clinic, language: str, width: int) -> None:
    Staff.objects.update(language=language)
    Account.objects.update(name="WhatsApp (IntellectDialog), филиал", health="down", bot_name="clinic_on_abay_bot")
    page.set_viewport_size({"width": width, "height": 900})
    page.goto("/accounts")
    cut = "rows => rows.filter(e => e.scrollWidth > e.clientWidth).map(e => e.innerText)"
    assert page.eval_on_selector_all("#account-rows :is(.who, .end)", cut) == []


@pytest.mark.parametrize("language", ["ru", "kk"])
def test_nothing_in_the_top_line_covers_another(page: Page, clinic: Clinic, language: str) -> None:
    Branch.objects.filter(pk=clinic.there.pk).update(name="Филиал в Екатеринбурге")
    Staff.objects.update(language=language, first_name="Гульмира", last_name="Смагулова-Железнодорожная")
    for width in (760, 900, 1024, 1100, 1239, 1240, 1280, 1320, 1360, 1440, 1920):
        page.set_viewport_size({"width": width, "height": 900})
        page.goto(f"/?branch={clinic.there.pk}")
        assert page.evaluate(COVERED) == 0, width


def test_what_is_refused_keeps_words_and_files(page: Page, clinic: Clinic) -> None:
    page.goto(f"/chats/{clinic.chat.pk}")
    page.fill("#text", "Вот памятка")
    page.set_input_files(".clip input", FilePayload(name="памятка.pdf", mimeType="application/pdf", buffer=b"%PDF"))
    page.set_input_files(".clip input", FilePayload(name="пусто.txt", mimeType="text/plain", buffer=b""))
    expect(page.locator("#picked li")).to_have_count(2)  # the second choice adds to the first
    page.click(".composer button.main")
    expect(page.locator("#composer > [role=alert]")).to_contain_text("пустой")
    expect(page.locator("#text")).to_have_value("Вот памятка")
    expect(page.locator("#picked li")).to_have_count(2)
    page.click("#picked li:last-child button")
    page.click(".composer button.main")
    expect(page.locator(".said.out .file")).to_contain_text("памятка.pdf")
    expect(page.locator("#picked li")).to_have_count(0)
    expect(page.locator("#text")).to_have_value("")


def test_a_file_is_dropped_and_too_big_a_one_is_refused_at_once(page: Page, clinic: Clinic) -> None:
    page.goto(f"/chats/{clinic.chat.pk}")
    page.evaluate("document.getElementById('composer').dataset.limit = 10")
    page.evaluate("""() => {
        const carried = new DataTransfer();
        carried.items.add(new File(['abc'], 'small.txt'));
        carried.items.add(new File(['abcdefghijkl'], 'big.txt'));
        const thread = document.getElementById('thread');
        for (const type of ['dragover', 'drop'])
            thread.dispatchEvent(new DragEvent(type, {dataTransfer: carried, bubbles: true, cancelable: true}));
    }""")
    expect(page.locator("#picked li")).to_have_count(1)
    expect(page.locator("#picked")).to_contain_text("small.txt")
    expect(page.locator("[data-picked-wrong]")).to_contain_text("«big.txt» слишком большой")


def test_an_answer_to_one_message(page: Page, clinic: Clinic) -> None:
    Incoming.objects.filter(conversation=clinic.chat).update(provider_id="77")
    page.goto(f"/chats/{clinic.chat.pk}")
    page.click("[data-quote]")
    expect(page.locator(".quoting p")).to_have_text("Можно раньше?")
    expect(page.locator("#text")).to_be_focused()
    page.click("[data-unquote]")
    expect(page.locator(".quoting")).to_be_hidden()
    page.click("[data-quote]")
    page.keyboard.type("Да, в 12")
    page.keyboard.press("Enter")
    expect(page.locator(".said.out .quote")).to_have_text("Можно раньше?")
    assert Delivery.objects.latest("pk").body["reply_to"] == "77"


def test_typing_is_told_both_ways(page: Page, clinic: Clinic) -> None:
    page.goto(f"/chats/{clinic.chat.pk}")
    with page.expect_response("**/typing"):
        page.locator("#text").press_sequentially("Добрый день")
    assert Delivery.objects.filter(body__typing=True).count() == 1  # not at every key
    Conversation.objects.filter(pk=clinic.chat.pk).update(typing_at=now(), last_at=now() - timedelta(hours=1))
    expect(page.locator("#typing")).to_have_text("печатает…")
    expect(page.locator("#typing")).to_have_text("", timeout=10_000)
    expect(page.locator("#text")).to_have_value("Добрый день")


def test_the_composer_closes_and_opens_under_an_open_page(page: Page, clinic: Clinic) -> None:
    account = make.make_account("whatsapp")
    chat = conversation_of(make.make_patient(whatsapp="+77015550101"))
    said = Incoming.objects.create(
        conversation=chat, account=account, address="+77015550101", at=now() - timedelta(hours=25), text="Алло?"
    )
    page.goto(f"/chats/{chat.pk}")
    expect(page.locator("#closed")).to_contain_text("Прошло 24 часа")
    Incoming.objects.filter(pk=said.pk).update(at=now())
    Conversation.objects.filter(pk=chat.pk).update(unread=1)
    expect(page.locator("#text")).to_be_visible()
    page.fill("#text", "Здравствуйте!")
    Incoming.objects.filter(pk=said.pk).update(at=now() - timedelta(hours=25))
    Conversation.objects.filter(pk=chat.pk).update(unread=1)
    expect(page.locator("#closed")).to_be_visible()


def test_sms_are_counted_while_typing(page: Page, clinic: Clinic) -> None:
    make.make_account("smsc")
    chat = conversation_of(make.make_patient(phone="+77015550102"))
    page.goto(f"/chats/{chat.pk}")
    page.locator("#text").press_sequentially("я" * 71)
    expect(page.locator("#parts")).to_have_text("2 SMS, еще 63 знака")
    page.fill("#text", "")
    page.locator("#text").press_sequentially("Да")
    expect(page.locator("#parts")).to_have_text("1 SMS, еще 68 знаков")
