"""Answering in a real browser: the way by one key, ready answers and their gaps, photos made smaller, emoji, an hour
chosen, and an answer taken back."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO

import pytest
from PIL import Image
from playwright.sync_api import APIResponse, FilePayload, Page, Route, expect

from priyom.clinic.models import House, Role
from priyom.contracts.vitals import Standing
from priyom.delivery.models import Delivery, StoredFile
from priyom.foundation.clock import clock
from priyom.inbox.chat import conversation_of
from priyom.inbox.desk_models import QuickReply
from priyom.inbox.models import Conversation, Incoming
from priyom.notifications.models import Template
from priyom.notifications.templates import draft, template_text
from priyom.web.tests.browser import PHONE, STICKS_OUT, Windows
from priyom.web.tests.conftest import Clinic
from tests import factories as make

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

ORIENTATION, HELD_SIDEWAYS = 0x0112, 6
"""The EXIF tag, and what a phone writes that was held upright."""


def photo(width: int, height: int) -> bytes:
    """A JPEG that does not shrink by itself, as a phone makes it: its rows lie on their side."""
    noise = Image.effect_noise((width, height), 90).convert("RGB")
    exif, made = Image.Exif(), BytesIO()
    exif[ORIENTATION] = HELD_SIDEWAYS
    noise.save(made, "JPEG", quality=97, exif=exif)
    return made.getvalue()


SLOW_PHOTOS = """() => {
    const read = createImageBitmap;
    window.createImageBitmap = (...all) => new Promise((done) => { window.ready = () => done(read(...all)); });
}"""
"""A photo is read only when `ready()` is called."""


def ours() -> list[Delivery]:
    return list(Delivery.objects.filter(origin="staff").order_by("pk"))


def test_the_way_is_changed_by_one_key_until_the_patient_writes_elsewhere(page: Page, clinic: Clinic) -> None:
    make.make_account("smsc")
    page.goto(f"/chats/{clinic.chat.pk}")
    expect(page.locator("#where")).to_contain_text("Telegram")
    page.fill("#text", "Ждем вас")
    page.keyboard.press("Alt+2")
    expect(page.locator("#where")).to_contain_text("SMS")
    expect(page.locator("#text")).to_have_value("Ждем вас")
    expect(page.locator("#text")).to_be_focused()
    expect(page.locator("#parts")).to_contain_text("1 SMS")
    page.keyboard.press("Escape")
    page.keyboard.press("c")
    expect(page.locator("#ways-drop [role=menuitemradio]")).to_have_count(2)
    expect(page.locator("#ways-drop [aria-checked=true]")).to_be_focused()
    expect(page.locator("#ways-drop [aria-checked=true]")).to_contain_text("платно")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    expect(page.locator("#where")).to_contain_text("Telegram")
    page.keyboard.press("Alt+2")
    expect(page.locator("#where")).to_contain_text("SMS")
    Incoming.objects.create(conversation=clinic.chat, account=clinic.account, address=make.CHAT, at=clock.now())
    expect(page.locator("#where")).to_contain_text("Telegram")
    expect(page.locator("#text")).to_have_value("Ждем вас")


def test_a_ready_answer_is_found_filled_in_and_its_gap_closed(page: Page, clinic: Clinic) -> None:
    for word, text in (("адрес", "Абая, 10"), ("цена", "{{ patient.given }}, прием стоит ___ тенге"), ("привет", "Ау")):
        QuickReply.objects.create(word=word, text_ru=text, changed_at=make.MONDAY)
    page.goto(f"/chats/{clinic.chat.pk}")
    page.keyboard.press("r")
    page.keyboard.type("/")
    expect(page.locator("#ready-list li:visible")).to_have_count(3)
    page.keyboard.type("ц")
    expect(page.locator("#ready-list li:visible")).to_have_count(1)
    page.keyboard.press("Backspace")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(page.locator("#ready-list [aria-selected=true]")).to_have_attribute("data-word", "цена")
    page.keyboard.press("Enter")
    expect(page.locator("#text")).to_have_value("Анна, прием стоит ___ тенге")
    expect(page.locator("#ready-drop")).to_be_hidden()
    page.keyboard.press("Enter")
    expect(page.locator("#composer > [role=alert]")).to_contain_text("Заполните пропуск")
    page.keyboard.type("9000")  # the gap is selected
    expect(page.locator("#text")).to_have_value("Анна, прием стоит 9000 тенге")
    page.click("[data-ready-open]")
    page.click("[data-keep]")
    page.fill("#keep-word", "прием")
    expect(page.locator("#keep-text")).to_have_value("{{ patient.given }}, прием стоит 9000 тенге")
    page.click("#keep-ready button.main")
    expect(page.locator("#keep-ready [role=status]")).to_contain_text("/прием")
    page.click("#keep-ready [data-close]")
    page.click("#answer .go button.main >> nth=0")
    expect(page.locator("#thread .said.out")).to_contain_text("9000 тенге")
    assert QuickReply.objects.get(word="прием").owner is not None


def test_photos_are_made_smaller_as_they_were_held_and_it_is_said(page: Page, clinic: Clinic) -> None:
    page.goto(f"/chats/{clinic.chat.pk}")
    big, gif = photo(3200, 1600), BytesIO()
    Image.new("P", (900, 900)).save(gif, "GIF")
    page.set_input_files(
        ".clip input",
        [
            FilePayload(name="рана.jpeg", mimeType="image/jpeg", buffer=big),
            FilePayload(name="ролик.gif", mimeType="image/gif", buffer=gif.getvalue() + b"0" * 400_000),
        ],
    )
    expect(page.locator("#picked")).to_contain_text("рана.jpg")
    expect(page.locator("#picked")).to_contain_text("уменьшено")
    expect(page.locator("#picked .thumb")).to_have_count(2)
    page.click("#answer .go button.main >> nth=0")
    expect(page.locator("#thread .said.out .shot")).to_have_count(2)
    stored = {file.name: file for file in StoredFile.objects.all()}
    content = bytes(stored["рана.jpg"].content or b"")
    assert Image.open(BytesIO(content)).size == (1280, 2560)
    assert len(content) < len(big) * 0.8
    assert bytes(stored["ролик.gif"].content or b"").startswith(b"GIF")


def test_a_photo_is_too_big_only_when_it_is_so_after_that(page: Page, clinic: Clinic) -> None:
    page.goto(f"/chats/{clinic.chat.pk}")
    big = photo(3200, 1600)
    page.evaluate("most => { document.getElementById('composer').dataset.limit = most }", int(len(big) * 0.9))
    page.set_input_files(".clip input", FilePayload(name="рана.jpg", mimeType="image/jpeg", buffer=big))
    page.fill("#text", "Вот")
    with page.expect_response("**/send"):
        page.keyboard.press("Enter")  # it waits for the photo
    expect(page.locator("#thread .said.out .shot")).to_have_count(1)
    expect(page.locator("#text")).to_have_value("")
    expect(page.locator(".htmx-request, .htmx-swapping, .htmx-settling")).to_have_count(0)  # the composer is laid anew
    page.evaluate("document.getElementById('composer').dataset.limit = 1000")
    page.set_input_files(".clip input", FilePayload(name="рана.jpg", mimeType="image/jpeg", buffer=big))
    expect(page.locator("[data-picked-wrong]")).to_contain_text("слишком большой")


def test_a_photo_goes_with_its_words_though_a_draft_of_them_is_on_its_way(page: Page, clinic: Clinic) -> None:
    page.goto(f"/chats/{clinic.chat.pk}")
    page.evaluate(SLOW_PHOTOS)
    held: list[Route] = []
    page.route("**/draft", lambda route: held.append(route) if not held else route.continue_())
    page.set_input_files(".clip input", FilePayload(name="рана.jpg", mimeType="image/jpeg", buffer=photo(3200, 1600)))
    with page.expect_request("**/draft"):
        page.locator("#text").press_sequentially("Вот")
    page.keyboard.press("Enter")
    held[0].continue_()
    page.wait_for_function("!!window.ready")
    page.evaluate("window.ready()")
    expect(page.locator("#thread .said.out .shot")).to_have_count(1)
    assert [(row.body["text"], len(row.body["files"])) for row in ours()] == [("Вот", 1)]


def test_an_emoji_is_found_in_russian_and_stands_first_the_next_time(page: Page, clinic: Clinic) -> None:
    page.goto(f"/chats/{clinic.chat.pk}")
    page.fill("#text", "Ждем ")
    page.keyboard.press("Alt+e")
    expect(page.locator("#emoji-drop input")).to_be_focused()
    page.keyboard.type("зуб")
    expect(page.locator(".sign")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page.locator("#text")).to_have_value("Ждем 🦷")
    expect(page.locator("#text")).to_be_focused()
    page.keyboard.press("Alt+e")
    expect(page.locator(".sign").first).to_have_text("🦷")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    expect(page.locator(".sign >> nth=1")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#emoji-drop")).to_be_hidden()
    expect(page.locator("#text")).to_be_focused()


def test_an_answer_waits_for_its_hour_is_changed_and_sent(page: Page, clinic: Clinic) -> None:
    page.goto(f"/chats/{clinic.chat.pk}")
    page.fill("#text", "Доброе утро")
    page.click(".later-open")
    page.click("#later-drop button[value=tomorrow]")
    expect(page.locator("#waiting .held")).to_contain_text("уйдет завтра в 09:00")
    expect(page.locator("#thread")).not_to_contain_text("Доброе утро")
    expect(page.locator("#text")).to_have_value("")
    page.click("#waiting >> text=Изменить")
    expect(page.locator("#text")).to_have_value("Доброе утро")
    expect(page.locator("#waiting .held")).to_have_count(0)
    expect(page.locator("#later-at")).to_have_value("2026-03-03T09:00")
    page.fill("#later-at", "2026-03-03T07:00")
    page.press("#later-at", "Enter")
    expect(page.locator("#composer > [role=alert]")).to_contain_text("тихие часы")
    page.click(".anyway button >> nth=0")
    expect(page.locator("#waiting .held")).to_contain_text("завтра в 07:00")
    page.click("#waiting >> text=Отправить сейчас")
    expect(page.locator("#waiting .held")).to_have_count(0)
    expect(page.locator("#thread .said.out")).to_contain_text("Доброе утро")
    assert [row.due_at for row in ours()] == [make.MONDAY]


def test_an_answer_is_taken_back_with_its_file_and_the_next_goes_in_order(page: Page, clinic: Clinic) -> None:
    House.objects.update(undo_seconds=5)
    page.goto(f"/chats/{clinic.chat.pk}")
    page.set_input_files(".clip input", FilePayload(name="памятка.pdf", mimeType="application/pdf", buffer=b"%PDF"))
    page.fill("#text", "Вот памятка")
    page.keyboard.press("Enter")
    expect(page.locator("#waiting .held")).to_contain_text("Отправляется")
    expect(page.locator("#waiting .count")).to_have_text("5")
    expect(page.locator("#text")).to_have_value("")
    expect(page.locator("#text")).to_be_focused()
    page.keyboard.press("Control+z")
    expect(page.locator("#text")).to_have_value("Вот памятка")
    expect(page.locator(".picked.kept")).to_contain_text("памятка.pdf")
    expect(page.locator("#waiting .held")).to_have_count(0)
    assert Conversation.objects.get(pk=clinic.chat.pk).needs_answer
    assert ours() == []
    page.keyboard.press("Enter")
    page.keyboard.type("И приходите")  # the first one is not through yet, perhaps
    page.keyboard.press("Enter")
    expect(page.locator("#waiting .held")).to_have_count(2)
    assert [row.body["text"] for row in ours()] == ["Вот памятка", "И приходите"]
    expect(page.locator("#thread .said.out")).to_have_count(0)
    clock.freeze(make.MONDAY + timedelta(seconds=5))
    page.evaluate("htmx.trigger(document.body, 'fact')")
    expect(page.locator("#waiting .held")).to_have_count(0)
    expect(page.locator("#thread .said.out")).to_have_count(2)


def test_what_happened_while_an_answer_was_on_its_way_stands_after_it(page: Page, clinic: Clinic) -> None:
    """The page that a press brings was written before the fact that overtakes it."""
    House.objects.update(undo_seconds=30)  # longer than anything here waits
    page.goto(f"/chats/{clinic.chat.pk}")
    late: list[tuple[Route, APIResponse]] = []
    page.route("**/send", lambda route: late.append((route, route.fetch())))
    page.fill("#text", "Вот памятка")
    with page.expect_request("**/send"):
        page.keyboard.press("Enter")
    expect(page.locator("#waiting .held")).to_have_count(1)
    clock.freeze(make.MONDAY + timedelta(seconds=30))
    page.evaluate("htmx.trigger(document.body, 'fact')")
    expect(page.locator("#thread .said.out")).to_have_count(1)
    page.evaluate("document.getElementById('thread').dataset.before = ''")
    [(route, response)] = late
    route.fulfill(response=response)
    expect(page.locator("#thread[data-before]")).to_have_count(0)
    expect(page.locator("#thread .said.out")).to_have_count(1)
    expect(page.locator("#waiting .held")).to_have_count(0)


def test_what_is_typed_while_a_draft_is_on_its_way_is_a_message_of_its_own(page: Page, clinic: Clinic) -> None:
    House.objects.update(undo_seconds=5)
    page.goto(f"/chats/{clinic.chat.pk}")
    held: list[Route] = []
    slow = True

    def hold(route: Route) -> None:
        if slow:
            held.append(route)
        else:
            route.continue_()

    page.route("**/draft", hold)
    page.set_input_files(".clip input", FilePayload(name="памятка.pdf", mimeType="application/pdf", buffer=b"%PDF"))
    with page.expect_request("**/draft"):
        page.locator("#text").press_sequentially("Вот памятка")
    page.keyboard.press("Enter")
    expect(page.locator("#text")).to_have_value("")
    page.keyboard.type("И приходите")
    page.keyboard.press("Enter")
    slow = False
    for route in held:
        route.continue_()
    expect(page.locator("#waiting .held")).to_have_count(2)
    assert [(row.body["text"], len(row.body.get("files", ()))) for row in ours()] == [
        ("Вот памятка", 1), ("И приходите", 0),
    ]  # fmt: skip
    expect(page.locator("#text")).to_have_value("")


def test_an_approved_text_is_filled_in_seen_and_sent(page: Page, clinic: Clinic) -> None:
    account = make.make_account("whatsapp")
    patient = make.make_patient(whatsapp="+77015550101")
    chat = conversation_of(patient)
    make.make_reach(patient, "whatsapp", account.channel, answered_at=make.MONDAY - timedelta(hours=30))
    make.make_visit(patient, make.MONDAY + timedelta(days=1))
    for kind in ("confirmation", "moved"):
        Template.objects.create(
            account=account, kind=kind, language="ru", name=draft(kind, "ru").name, text=template_text(kind, "ru"),
            standing=Standing.APPROVED, changed_at=make.MONDAY,
        )  # fmt: skip
    page.goto(f"/chats/{chat.pk}")
    expect(page.locator(".preview")).to_contain_text("Здравствуйте, Анна!")
    page.select_option("#approved-kind", "moved")
    expect(page.locator(".preview .empty-place")).to_have_count(2)
    page.fill("[data-place='old.local_date']", "среда, 25 февраля")
    page.fill("[data-place='old.local_time']", "10:00")
    expect(page.locator(".preview .empty-place")).to_have_count(0)
    shown = page.locator(".preview").inner_text()
    page.click("#approved button.main")
    expect(page.locator("#thread .said.out")).to_contain_text("среда, 25 февраля")
    assert [row.body["text"] for row in ours()] == [shown]


@pytest.mark.parametrize("size", [(1440, 900), PHONE])
def test_nothing_sticks_out(windows: Windows, clinic: Clinic, size: tuple[int, int]) -> None:
    House.objects.update(undo_seconds=5)
    make.make_account("smsc")
    QuickReply.objects.create(word="адрес", text_ru="Очень " * 60, changed_at=make.MONDAY)
    desk = windows(Role.ADMIN, f"/chats/{clinic.chat.pk}", size=size)
    desk.fill("#text", "Длинное слово " * 20)
    desk.click(".later-open")
    assert desk.evaluate(STICKS_OUT) == []
    desk.click("#later-drop button[value=tomorrow]")
    expect(desk.locator("#waiting .held")).to_be_visible()
    for opener in ("[data-emoji]", ".way-now", "[data-ready-open]"):
        desk.click(opener)
        assert desk.evaluate(STICKS_OUT) == [], opener
    desk.goto("/ready")
    desk.click("#ready-answers > details.ready > summary")
    assert desk.evaluate(STICKS_OUT) == []
