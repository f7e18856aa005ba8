"""A thread in a real browser: what failed goes another way, colleagues are called by a note, what is begun is kept,
voice and photos are heard and seen, and one keeps one's place however much comes and however far one goes back."""

from __future__ import annotations

import io
import struct
import wave
import zlib
from datetime import datetime, timedelta

import pytest
from playwright.sync_api import Page, Route, expect

from priyom.clinic.models import Role, Staff
from priyom.delivery.models import Delivery
from priyom.foundation.clock import now
from priyom.inbox import drafts, notes
from priyom.inbox.chat import touch
from priyom.inbox.models import Conversation, Incoming
from priyom.inbox.reply import keep
from priyom.web.tests.browser import DESKTOP, PHONE, STICKS_OUT, Windows
from priyom.web.tests.conftest import Clinic
from tests import factories as make

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

MINUTE = timedelta(minutes=1)
TOP_OF = "id => Math.round(document.getElementById(id).getBoundingClientRect().top)"


def said(clinic: Clinic, text: str, at: datetime | None = None, **over: object) -> Incoming:
    """The patient has written; the open page is told as it always is."""
    at = at or now()
    row = Incoming.objects.create(
        conversation=clinic.chat, account=clinic.account, address=make.CHAT, at=at, text=text, **over
    )
    touch(clinic.chat, text, at, needs_answer=True, channel=clinic.account.channel)
    return row


def wrote(clinic: Clinic, text: str, at: datetime | None = None, **over: object) -> Delivery:
    """Something of ours that left."""
    at = at or now()
    values: dict[str, object] = {
        "account": clinic.account, "address": make.CHAT, "patient": clinic.chat.patient, "body": {"text": text},
        "origin": "staff", "created_at": at, "due_at": at, "sent_at": at, "state": "settled", "signal": "accepted",
    }  # fmt: skip
    return Delivery.objects.create(**{**values, **over})


def came(clinic: Clinic, name: str, mime: str, content: bytes) -> None:
    stored = keep(name, mime, content)
    said(clinic, "", files=[{"id": stored.pk, "name": name, "mime": mime, "size": len(content)}])


def history(clinic: Clinic, many: int) -> list[str]:
    """So many messages of the last days, by turns; ids of their places on the page."""
    start = now() - many * 40 * MINUTE
    made = []
    for number in range(many):
        at = start + number * 40 * MINUTE
        if number % 2:
            made.append(f"out-d{wrote(clinic, f'Ответ {number}', at).pk}")
        else:
            made.append(f"in-i{said(clinic, f'Вопрос {number}', at).pk}")
    Conversation.objects.filter(pk=clinic.chat.pk).update(unread=0)
    return made


def voice(seconds: int = 3) -> bytes:
    """A recording of silence."""
    kept = io.BytesIO()
    with wave.open(kept, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(1)
        sound.setframerate(8000)
        sound.writeframes(b"\x80" * 8000 * seconds)
    return kept.getvalue()


def picture(width: int, height: int, grey: int) -> bytes:
    """A PNG of one shade."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = zlib.compress((b"\0" + bytes([grey]) * width) * height)
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def test_what_failed_goes_by_sms_after_a_second_press(page: Page, clinic: Clinic) -> None:
    sms = make.make_account("smsc")
    old = wrote(clinic, "Ждем вас в 12", signal="failed", evidence="Пациент заблокировал бота")
    page.goto(f"/chats/{clinic.chat.pk}")
    message = page.locator(f"#out-d{old.pk}")
    expect(message).to_contain_text("не отправлено: Пациент заблокировал бота")
    button = message.locator("button")
    expect(button).to_have_text("Отправить через SMS")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/again/" in request.url else None)
    button.click()
    expect(button).to_contain_text("платно")
    assert asked == []
    button.click()
    expect(message).to_contain_text("отправлено еще раз через SMS")
    expect(message.locator("button")).to_have_count(0)
    made = Delivery.objects.get(account=sms)
    expect(page.locator(f"#out-d{made.pk}")).to_contain_text("Ждем вас в 12")
    assert (made.address, made.body["text"]) == (make.PHONE, "Ждем вас в 12")


def test_a_note_calls_a_colleague_and_never_leaves(page: Page, windows: Windows, clinic: Clinic) -> None:
    anna = make.make_staff(Role.REGISTRAR, clinic.here)
    Staff.objects.filter(pk=anna.pk).update(first_name="Айгуль", last_name="Сергеева")
    page.goto(f"/chats/{clinic.chat.pk}")
    page.keyboard.press("n")
    expect(page.locator("#note-text")).to_be_focused()
    expect(page.locator("#composer")).to_be_hidden()
    page.keyboard.type("@серг")
    expect(page.locator("#names li:visible")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page.locator("#note-text")).to_have_value("@Айгуль Сергеева ")
    page.keyboard.type("просит справку")
    page.keyboard.press("Enter")
    note = page.locator("#thread .noted")
    expect(note).to_contain_text("@Айгуль Сергеева просит справку")
    expect(note.locator(".mention")).to_have_text("@Айгуль Сергеева")
    expect(page.locator("#note-text")).to_have_value("")
    expect(page.locator("#note-text")).to_be_focused()  # the next words are a note too
    assert not Delivery.objects.filter(origin="staff").exists()
    assert notes.unseen(anna) == {clinic.chat.pk: 1}
    colleague = windows(anna, f"/chats/{clinic.chat.pk}")
    expect(colleague.locator("#thread .noted")).to_contain_text("просит справку")
    expect(colleague.locator("#thread .noted button")).to_have_count(0)
    assert notes.unseen(anna) == {}
    note.locator("button").click()
    note.locator("button.sure").click()
    expect(note).to_contain_text("заметка удалена")
    expect(colleague.locator("#thread .noted")).to_contain_text("заметка удалена")
    page.keyboard.press("Escape")
    page.keyboard.press("r")
    expect(page.locator("#text")).to_be_focused()
    expect(page.locator("#note")).to_be_hidden()


def test_what_is_begun_is_there_again_until_it_is_sent(page: Page, windows: Windows, clinic: Clinic) -> None:
    me = Staff.objects.get(role=Role.ADMIN)
    page.goto(f"/chats/{clinic.chat.pk}")
    with page.expect_response("**/draft"):
        page.locator("#text").press_sequentially("Добрый день")
    page.keyboard.type(", Анна")  # not told yet when another chat is opened
    page.click(f"#chat-{clinic.stranger.pk} a")
    expect(page.locator("#detail h2").first).to_have_text("Кто-то")
    expect(page.locator("#text")).to_have_value("")
    assert drafts.of(me) == {clinic.chat.pk: "Добрый день, Анна"}
    elsewhere = windows(me, f"/chats/{clinic.chat.pk}")
    expect(elsewhere.locator("#text")).to_have_value("Добрый день, Анна")
    elsewhere.locator("#text").press("End")
    elsewhere.keyboard.type("!")
    with elsewhere.expect_response("**/send"):
        elsewhere.keyboard.press("Enter")
        expect(elsewhere.locator("#text")).to_have_value("")
    elsewhere.reload()
    expect(elsewhere.locator("#text")).to_have_value("")
    assert drafts.of(me) == {}
    assert Delivery.objects.get(origin="staff").body["text"] == "Добрый день, Анна!"


def test_enter_while_another_chat_is_opening_neither_sends_nor_loses_what_was_begun(page: Page, clinic: Clinic) -> None:
    me = Staff.objects.get(role=Role.ADMIN)
    page.goto(f"/chats/{clinic.chat.pk}")
    held: list[Route] = []
    page.route("**/draft", lambda route: held.append(route) if not held else route.continue_())
    page.locator("#text").press_sequentially("Добрый день")
    page.evaluate("id => document.querySelector(`#chat-${id} a`).click()", clinic.stranger.pk)
    expect(page.locator("#text")).to_be_focused()
    page.keyboard.press("Enter")
    for route in held:
        route.continue_()
    expect(page.locator("#detail h2").first).to_have_text("Кто-то")
    assert drafts.of(me) == {clinic.chat.pk: "Добрый день"}
    with page.expect_response("**/send"):
        page.locator("#text").press_sequentially("Здравствуйте")
        page.keyboard.press("Enter")
    assert [row.body["text"] for row in Delivery.objects.filter(origin="staff")] == ["Здравствуйте"]


def test_a_voice_message_is_played_by_keyboard_and_goes_on_when_something_comes(page: Page, clinic: Clinic) -> None:
    came(clinic, "голос.wav", "audio/wav", voice(30))
    page.goto(f"/chats/{clinic.chat.pk}")
    player = page.locator("voice-message")
    expect(player.locator("output")).to_have_text("0:00 / 0:30")
    play = player.get_by_role("button", name="Слушать: голос.wav")
    play.focus()
    speed = player.get_by_role("button", name="Скорость")
    for told in ("1,5×", "2×", "1×"):
        speed.press("Enter")
        expect(speed).to_have_text(told)
    play.press("Enter")
    expect(player.get_by_role("button", name="Пауза: голос.wav")).to_be_visible()
    expect(player.locator("output")).to_have_text("0:01 / 0:30")
    said(clinic, "Это я")
    expect(page.locator("#thread")).to_contain_text("Это я")
    assert page.evaluate("!document.querySelector('voice-message audio').paused")
    player.get_by_role("slider").press("End")
    expect(player.get_by_role("button", name="Слушать: голос.wav")).to_be_visible()


def test_photos_are_looked_through_large(page: Page, clinic: Clinic) -> None:
    for number in (1, 2):
        came(clinic, f"снимок {number}.png", "image/png", picture(900, 700, 90 * number))
    page.goto(f"/chats/{clinic.chat.pk}")
    page.locator("#thread [data-photo]").first.click()
    viewer = page.locator("#viewer")
    expect(viewer.locator("figcaption")).to_have_text("снимок 1.png 1 / 2")
    page.keyboard.press("ArrowRight")
    expect(viewer.locator("figcaption")).to_have_text("снимок 2.png 2 / 2")
    expect(viewer.get_by_role("button", name="Следующее фото")).to_be_disabled()
    page.keyboard.press("ArrowLeft")
    expect(viewer.locator("img")).to_have_attribute("alt", "снимок 1.png")
    expect(viewer.locator("img")).to_have_js_property("naturalWidth", 900)
    page.keyboard.press("Escape")
    expect(viewer).to_be_hidden()
    expect(page.locator("#thread [data-photo]").first).to_be_focused()


def test_it_opens_at_the_unread_and_counts_what_comes_below(page: Page, clinic: Clinic) -> None:
    history(clinic, 30)
    unread = [said(clinic, f"Новый вопрос {number}\n" * 4, now() + number * MINUTE) for number in range(12)]
    page.goto(f"/chats/{clinic.chat.pk}")
    expect(page.locator("#new")).to_have_text("новое")
    expect(page.locator("#new")).to_be_in_viewport(ratio=0.5)
    expect(page.locator(f"#in-i{unread[0].pk}")).to_be_in_viewport(ratio=0.9)
    down = page.locator("#down")
    expect(down).to_contain_text("12 новых")
    top = page.evaluate(TOP_OF, f"in-i{unread[0].pk}")
    late = said(clinic, "И еще одно", now() + 20 * MINUTE)
    expect(down).to_contain_text("13 новых")
    assert page.evaluate(TOP_OF, f"in-i{unread[0].pk}") == top  # nothing moves under the eyes
    down.click()
    expect(page.locator(f"#in-i{late.pk}")).to_be_in_viewport(ratio=0.5)
    expect(down).to_be_hidden()
    last = said(clinic, "Алло?", now() + 30 * MINUTE)
    expect(page.locator(f"#in-i{last.pk}")).to_be_in_viewport(ratio=0.5)  # whoever stands at the end stays there
    expect(page.locator("#new")).to_have_count(1)


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_older_messages_come_when_one_scrolls_up_and_nothing_jumps(
    windows: Windows, clinic: Clinic, size: tuple[int, int]
) -> None:
    places = history(clinic, 130)
    page = windows(Role.REGISTRAR, f"/chats/{clinic.chat.pk}", size=size)
    expect(page.locator(f"#{places[-1]}")).to_be_visible()
    expect(page.locator(f"#{places[-60]}")).to_have_count(0)
    first = page.locator(f"#{places[-45]}")
    first.scroll_into_view_if_needed()
    expect(page.locator(f"#{places[-95]}")).to_have_count(1)
    expect(first).to_be_in_viewport()
    page.locator(f"#{places[-90]}").scroll_into_view_if_needed()
    expect(page.locator(f"#{places[0]}")).to_have_count(1)
    expect(page.locator("#older")).to_have_count(0)
    top = page.evaluate(TOP_OF, places[-90])
    fresh = said(clinic, "Я уже еду", now() + MINUTE)
    expect(page.locator(f"#in-i{fresh.pk}")).to_have_count(1)
    assert page.evaluate(TOP_OF, places[-90]) == top
    expect(page.locator(f"#{places[0]}")).to_have_count(1)  # what was loaded stays
    expect(page.locator("#down")).to_contain_text("1 новое")
    order = page.eval_on_selector_all("#thread > .said", "all => all.map(one => one.id)")
    assert [one for one in order if one in places] == places


def test_a_link_leads_to_one_message_far_back_and_down_leads_to_the_end(page: Page, clinic: Clinic) -> None:
    places = history(clinic, 320)
    wanted = places[40]
    page.goto(f"/chats/{clinic.chat.pk}?at={wanted.split('-')[1]}")
    expect(page.locator(f"#{wanted}")).to_have_class("said lit" if wanted.startswith("in") else "said out lit")
    expect(page.locator(f"#{wanted}")).to_be_in_viewport(ratio=0.5)
    expect(page.locator(f"#{places[-1]}")).to_have_count(0)
    page.locator(f"#{places[85]}").scroll_into_view_if_needed()
    expect(page.locator(f"#{places[120]}")).to_have_count(1)  # the next piece
    page.click("#down")
    expect(page.locator(f"#{places[-1]}")).to_be_in_viewport(ratio=0.5)
    expect(page.locator(f"#{wanted}")).to_have_count(0)
    expect(page.locator("#down")).to_be_hidden()


def test_a_quote_leads_to_what_it_quotes(page: Page, clinic: Clinic) -> None:
    Incoming.objects.filter(conversation=clinic.chat).update(provider_id="77", at=now() - 9000 * MINUTE)
    history(clinic, 120)
    answer = wrote(clinic, "Да, можно", now() + MINUTE, body={"text": "Да, можно", "reply_to": "77"})
    page.goto(f"/chats/{clinic.chat.pk}")
    quote = page.locator(f"#out-d{answer.pk} .quote")
    expect(quote).to_have_text("Можно раньше?")
    asked = Incoming.objects.get(provider_id="77")
    expect(page.locator(f"#in-i{asked.pk}")).to_have_count(0)
    quote.locator("a").click()
    expect(page.locator(f"#in-i{asked.pk}")).to_be_in_viewport(ratio=0.5)


def test_automatic_messages_fold_and_what_is_open_stays_open(page: Page, clinic: Clinic) -> None:
    for number, kind in enumerate(("confirmation", "reminder_24h", "reminder_2h")):
        wrote(
            clinic, "", now() + number * MINUTE, origin="notification", body={"text": f"Текст {number}", "kind": kind}
        )
    Delivery.objects.filter(pk=clinic.delivery.pk).update(patient=None)
    page.goto(f"/chats/{clinic.chat.pk}")
    run = page.locator("#thread > .run")
    expect(run.locator("> summary")).to_contain_text("3 автосообщения:")
    expect(page.get_by_text("Текст 1")).to_be_hidden()
    run.locator("> summary").click()
    run.locator("details summary").nth(1).click()
    expect(page.get_by_text("Текст 1")).to_be_visible()
    wrote(clinic, "", now() + 5 * MINUTE, origin="notification", body={"text": "Текст 3", "kind": "confirmation"})
    wrote(clinic, "", now() - MINUTE, origin="notification", body={"text": "Раньше всех", "kind": "confirmation"})
    Incoming.objects.filter(conversation=clinic.chat).update(at=now() - 9 * MINUTE)
    said(clinic, "Спасибо, приду", now() + 10 * MINUTE)
    expect(run.locator("> summary")).to_contain_text("5 автосообщений:")  # it begins earlier now
    expect(page.get_by_text("Текст 1")).to_be_visible()
    expect(page.get_by_text("Текст 0")).to_be_hidden()


@pytest.mark.parametrize("width", [1440, 900, 390])
def test_nothing_sticks_out(page: Page, clinic: Clinic, width: int) -> None:
    make.make_account("smsc")
    came(clinic, "голос с очень длинным именем файла, который прислал пациент.wav", "audio/wav", voice())
    came(clinic, "снимок.png", "image/png", picture(1200, 300, 120))
    wrote(clinic, "Ждем вас", signal="failed", evidence="https://" + "x" * 90)
    notes.write(Staff.objects.get(role=Role.ADMIN), clinic.chat, "Просит " + "справку" * 30, {})
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"/chats/{clinic.chat.pk}")
    page.keyboard.press("n")
    assert page.evaluate(STICKS_OUT.replace("body *", "#detail *")) == []
    page.click("[data-photo]")
    assert page.evaluate(STICKS_OUT.replace("body *", "#detail *")) == []
