"""The composer and a thread's files: what goes out, what is refused and why, and who may open what somebody sent."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from priyom.clinic.models import Role
from priyom.contracts.card import Card
from priyom.delivery.models import Delivery, FileState, StoredFile
from priyom.foundation.clock import now
from priyom.inbox.chat import conversation_of
from priyom.inbox.models import Conversation, Incoming
from priyom.inbox.reply import keep, where
from priyom.journal.models import Fact
from priyom.patients.models import Patient
from priyom.web.chats import compose
from priyom.web.tests.conftest import Clinic
from tests import factories as make

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 100


def file(name: str = "снимок.png", content: bytes = PNG, mime: str = "image/png") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, mime)


def came(clinic: Clinic, name: str, mime: str, content: bytes = PNG, state: str = FileState.HERE) -> str:
    """Something the patient has sent; its address."""
    stored = keep(name, mime, content)
    if state != FileState.HERE:
        StoredFile.objects.filter(pk=stored.pk).update(state=state, content=None, error="истек срок хранения")
    Incoming.objects.create(
        conversation=clinic.chat, account=clinic.account, address=make.CHAT, at=now(), provider_id=f"m{stored.pk}",
        files=[{"id": stored.pk, "name": name, "mime": mime, "size": len(content)}],
    )  # fmt: skip
    return f"/chats/{clinic.chat.pk}/files/{stored.pk}"


def thread_of(kind: str, hours: float = 0) -> Conversation:
    """A patient with one contact of this kind, who wrote so many hours ago."""
    channel = {"phone": "smsc"}.get(kind, kind)
    account, patient = make.make_account(channel), make.make_patient(**{kind: "+77015550101"})
    chat = conversation_of(patient)
    make.make_reach(patient, kind, account.channel, answered_at=now() - timedelta(hours=hours))
    Incoming.objects.create(
        conversation=chat, account=account, address="+77015550101", at=now() - timedelta(hours=hours), text="Алло?"
    )
    return chat


def sent(browser: Client, chat: Conversation, **form: object) -> str:
    return browser.post(f"/chats/{chat.pk}/send", form).content.decode()


# -- what goes out --


def test_a_file_goes_out_and_stands_in_the_thread(clinic: Clinic, registrar: Client) -> None:
    page = sent(registrar, clinic.chat, text="", files=[file(), file("Памятка.pdf", b"%PDF", "application/pdf")])
    delivery = Delivery.objects.latest("pk")
    stored = [StoredFile.objects.get(pk=number) for number in delivery.body["files"]]
    assert [(f.name, f.mime, bytes(f.content or b"")) for f in stored] == [
        ("снимок.png", "image/png", PNG), ("Памятка.pdf", "application/pdf", b"%PDF"),
    ]  # fmt: skip
    assert f'<img loading="lazy" src="/chats/{clinic.chat.pk}/files/{stored[0].pk}"' in page
    assert "Памятка.pdf" in page
    assert registrar.get(f"/chats/{clinic.chat.pk}/files/{stored[0].pk}").content == PNG


def test_only_what_was_said_here_is_quoted(clinic: Clinic, registrar: Client) -> None:
    Incoming.objects.filter(conversation=clinic.chat).update(provider_id="77")
    assert 'data-quote="77"' in registrar.get(f"/chats/{clinic.chat.pk}").content.decode()
    page = sent(registrar, clinic.chat, text="Да", quoting="77")
    assert Delivery.objects.latest("pk").body["reply_to"] == "77"
    asked = Incoming.objects.get(provider_id="77")
    assert f'<p class="quote small"><a href="?at=i{asked.pk}" data-jump="i{asked.pk}">Можно раньше?</a></p>' in page
    sent(registrar, clinic.chat, text="Да", quoting="78")
    assert "reply_to" not in Delivery.objects.latest("pk").body


def test_typing_is_shown_where_the_channel_can(clinic: Clinic, registrar: Client) -> None:
    chat = thread_of("phone")
    assert registrar.post(f"/chats/{chat.pk}/typing").status_code == 204
    assert not Delivery.objects.filter(body__typing=True).exists()
    registrar.post(f"/chats/{clinic.chat.pk}/typing")
    assert Delivery.objects.get(body__typing=True).address == make.CHAT


@pytest.mark.parametrize(("ago", "shown"), [(0, True), (5, True), (6, False), (60, False)])
def test_the_patients_typing_is_shown_for_six_seconds(clinic: Clinic, registrar: Client, ago: int, shown: bool) -> None:
    at = now() - timedelta(seconds=ago)
    Conversation.objects.filter(pk=clinic.chat.pk).update(typing_at=at, last_at=at - timedelta(minutes=1))
    assert ("печатает" in registrar.get(f"/chats/{clinic.chat.pk}/messages").content.decode()) is shown


def test_whoever_has_sent_it_types_no_more(clinic: Clinic, registrar: Client) -> None:
    Conversation.objects.filter(pk=clinic.chat.pk).update(typing_at=now(), last_at=now() + timedelta(seconds=1))
    assert "печатает" not in registrar.get(f"/chats/{clinic.chat.pk}/messages").content.decode()


def test_an_open_thread_is_read(clinic: Clinic, registrar: Client) -> None:
    registrar.get(f"/chats/{clinic.chat.pk}/messages")
    assert Conversation.objects.get(pk=clinic.chat.pk).unread == 0


# -- what is refused --


def test_what_is_refused_stays_typed(clinic: Clinic, registrar: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compose, "BIGGEST", 1024 * 1024)
    big = file("МРТ.zip", b"0" * (1024 * 1024 + 1), "application/zip")
    page = sent(registrar, clinic.chat, text="Вот снимок", files=[big])
    assert "Файл «МРТ.zip» слишком большой: Telegram примет не больше 1 МБ." in page
    assert ">Вот снимок</textarea>" in page
    assert "пустой" in sent(registrar, clinic.chat, text="Вот", files=[file(content=b"")])
    many = [file(f"{n}.png") for n in range(compose.MOST_FILES + 1)]
    assert "не больше 10 файлов" in sent(registrar, clinic.chat, text="Вот", files=many)
    assert "слишком длинный" in sent(registrar, clinic.chat, text="я" * 4001)
    assert not Delivery.objects.filter(origin="staff").exists()
    assert not StoredFile.objects.exists()


def test_a_channel_without_files_says_so(clinic: Clinic, registrar: Client) -> None:
    chat = thread_of("phone")
    page = registrar.get(f"/chats/{chat.pk}").content.decode()
    assert 'type="file"' not in page
    assert "SMS не передает файлы." in sent(registrar, chat, text="Вот", files=[file()])
    assert not Delivery.objects.filter(origin="staff").exists()


def test_a_closed_window_says_since_when_and_what_to_do(clinic: Clinic, registrar: Client) -> None:
    chat = thread_of("whatsapp", hours=25)
    page = registrar.get(f"/chats/{chat.pk}").content.decode()
    assert "Прошло 24 часа с последнего сообщения пациента" in page
    assert "сегодня в 10:00" in page
    assert 'id="text"' not in page
    answer = sent(registrar, chat, text="Добрый день")
    assert "WhatsApp сейчас не примет своих слов: сначала должен написать пациент." in answer
    assert "Не отправлено: Добрый день" in answer
    assert not Delivery.objects.filter(origin="staff").exists()


@pytest.mark.parametrize(("hours", "told"), [(1, False), (20.9, False), (21.5, True)])
def test_a_window_that_closes_soon_says_until_when(clinic: Clinic, registrar: Client, hours: float, told: bool) -> None:
    chat = thread_of("whatsapp", hours=hours)
    assert ("своими словами - до" in registrar.get(f"/chats/{chat.pk}").content.decode()) is told
    alone = registrar.get(f"/chats/{chat.pk}/composer").content.decode()
    assert ("13:30" in alone) is told  # 11:00 in Almaty now


def test_nowhere_to_write(clinic: Clinic, registrar: Client) -> None:
    chat = conversation_of(make.make_patient(given="Немая"))
    page = sent(registrar, chat, text="Вы тут?")
    assert page.count("Написать этому пациенту некуда.") == 1
    assert "Не отправлено: Вы тут?" in page


def test_an_open_page_learns_that_the_way_has_changed(clinic: Clinic, registrar: Client) -> None:
    chat = thread_of("whatsapp", hours=25)
    route = where(chat)
    assert compose.mark(route).endswith(":1")
    Incoming.objects.filter(conversation=chat).update(at=now())
    opened = where(chat)
    assert compose.mark(opened).endswith(":0")
    assert f'data-route="{compose.mark(opened)}"' in registrar.get(f"/chats/{chat.pk}/messages").content.decode()


# -- parts --


@pytest.mark.parametrize(
    ("text", "told"),
    [("", ""), ("Да", "1 SMS, еще 68 знаков"), ("я" * 70, "1 SMS, еще 0 знаков"), ("я" * 71, "2 SMS, еще 63 знака")],
)
def test_parts_are_counted_before_sending(clinic: Clinic, registrar: Client, text: str, told: str) -> None:
    chat = thread_of("phone")
    assert registrar.post(f"/chats/{chat.pk}/parts", {"text": text}).content.decode().strip() == told


def test_no_parts_where_length_costs_nothing(clinic: Clinic, registrar: Client) -> None:
    assert registrar.post(f"/chats/{clinic.chat.pk}/parts", {"text": "Да"}).content.decode().strip() == ""


def test_what_is_left_is_not_made_up(clinic: Clinic) -> None:
    card: Card = where(thread_of("phone")).card  # type: ignore[union-attr]
    assert compose.parts(card, "Да") == compose.Parts(1, 68)


# -- files that came --


@pytest.mark.parametrize(
    ("mime", "shown", "kind"),
    [
        ("image/png", True, "image/png"),
        ("IMAGE/JPEG; q=1", True, "image/jpeg"),
        ("audio/ogg; codecs=opus", True, "audio/ogg"),
        ("audio/x-m4a", True, "audio/mp4"),
        ("application/pdf", True, "application/pdf"),
        ("image/svg+xml", False, "application/octet-stream"),
        ("text/html", False, "application/octet-stream"),
        ("application/xhtml+xml", False, "application/octet-stream"),
        ("video/mp4", False, "application/octet-stream"),
        ("", False, "application/octet-stream"),
    ],
)
def test_only_harmless_kinds_are_shown(
    clinic: Clinic, registrar: Client, mime: str, shown: bool, kind: str
) -> None:  # fmt: skip
    answer = registrar.get(came(clinic, "файл", mime))
    assert answer.headers["Content-Type"] == kind
    assert answer.headers["Content-Disposition"].startswith("inline" if shown else "attachment")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert ("sandbox" in answer.headers["Content-Security-Policy"]) is (kind != "application/pdf")
    assert answer.headers["Cache-Control"] == "no-store"


def test_what_can_be_shown_can_be_saved(clinic: Clinic, registrar: Client) -> None:
    answer = registrar.get(came(clinic, 'a"б\r\n.png', "image/png") + "?save=1")
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Disposition"].startswith("attachment; filename")


@pytest.mark.parametrize(
    ("asked", "status", "content", "place"),
    [
        ("bytes=2-5", 206, b"2345", "bytes 2-5/10"),
        ("bytes=8-", 206, b"89", "bytes 8-9/10"),
        ("bytes=0-99", 206, b"0123456789", "bytes 0-9/10"),
        ("bytes=10-", 416, b"", "bytes */10"),
        ("bytes=-3", 200, b"0123456789", None),
        ("lines=1-2", 200, b"0123456789", None),
    ],
)
def test_sound_is_given_in_pieces(
    clinic: Clinic, registrar: Client, asked: str, status: int, content: bytes, place: str | None
) -> None:
    answer = registrar.get(came(clinic, "voice.ogg", "audio/ogg", b"0123456789"), headers={"Range": asked})
    assert (answer.status_code, answer.content, answer.headers.get("Content-Range")) == (status, content, place)


def test_a_file_belongs_to_its_thread(clinic: Clinic, registrar: Client) -> None:
    address = came(clinic, "снимок.png", "image/png")
    number = address.rsplit("/", 1)[1]
    assert registrar.get(address).status_code == 200
    assert registrar.get(f"/chats/{clinic.stranger.pk}/files/{number}").status_code == 404
    assert registrar.get(f"/chats/{clinic.chat.pk}/files/999999").status_code == 404


def test_files_of_another_branch_are_not_there(clinic: Clinic) -> None:
    address = came(clinic, "снимок.png", "image/png")
    assert clinic.browser(Role.REGISTRAR, clinic.there).get(address).status_code == 404
    assert clinic.browser(Role.REGISTRAR, clinic.here).get(address).status_code == 200
    for role in (Role.DOCTOR, Role.MARKETER):
        assert clinic.browser(role).get(address).status_code == 403


def test_files_on_their_way_and_lost_ones_say_so(clinic: Clinic, registrar: Client) -> None:
    waiting = came(clinic, "анализ.pdf", "application/pdf", state=FileState.WANTED)
    came(clinic, "голос.ogg", "audio/ogg", state=FileState.FAILED)
    page = registrar.get(f"/chats/{clinic.chat.pk}/messages").content.decode()
    assert "анализ.pdf: загружается" in page
    assert "голос.ogg: не удалось загрузить: истек срок хранения" in page
    assert registrar.get(waiting).status_code == 404


# -- passing it on --


def test_a_thread_is_taken_and_passed_on(clinic: Clinic, registrar: Client) -> None:
    other = make.make_staff(Role.REGISTRAR, clinic.here)
    page = registrar.post(f"/chats/{clinic.chat.pk}/give", {"staff": other.pk}).content.decode()
    assert f'<option value="{other.pk}" selected>' in page
    assert Fact.objects.filter(type="ConversationAssigned").count() == 1
    assert f"<b>{other.get_full_name()}</b>" in registrar.get("/chats/rows").content.decode()
    registrar.post(f"/chats/{clinic.chat.pk}/give", {"staff": ""})
    assert Conversation.objects.get(pk=clinic.chat.pk).assigned_to is None


def test_mine_are_a_list_of_their_own(clinic: Clinic) -> None:
    browser = clinic.browser(Role.REGISTRAR)
    assert "Мои</a>" in browser.get("/chats/rows").content.decode()  # no number where there is none
    browser.post(f"/chats/{clinic.chat.pk}/give", {"staff": browser.session["_auth_user_id"]})
    page = browser.get("/chats/rows?show=mine").content.decode()
    assert "Мои <b>1</b>" in page
    assert f'id="chat-{clinic.chat.pk}"' in page
    assert f'id="chat-{clinic.stranger.pk}"' not in page


def test_only_who_works_there_can_have_it(clinic: Clinic, registrar: Client) -> None:
    page = registrar.get(f"/chats/{clinic.chat.pk}").content.decode()
    for staff, allowed in (
        (make.make_staff(Role.REGISTRAR, clinic.here), True),
        (make.make_staff(Role.OWNER, clinic.there), True),
        (make.make_staff(Role.REGISTRAR), True),
        (make.make_staff(Role.REGISTRAR, clinic.there), False),
        (make.make_staff(Role.DOCTOR, clinic.here), False),
    ):
        page = registrar.get(f"/chats/{clinic.chat.pk}").content.decode()
        assert (f'<option value="{staff.pk}"' in page) is allowed, staff.role
        status = registrar.post(f"/chats/{clinic.chat.pk}/give", {"staff": staff.pk}).status_code
        assert status == (200 if allowed else 404), staff.role


# -- the cost of looking --


@pytest.mark.parametrize("part", ["messages", ""])
def test_a_long_thread_costs_as_much_as_a_short_one(clinic: Clinic, registrar: Client, part: str) -> None:
    def questions() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert registrar.get(f"/chats/{clinic.chat.pk}/{part}".rstrip("/")).status_code == 200
        return len(captured)

    came(clinic, "1.png", "image/png")
    sent(registrar, clinic.chat, text="Вот", files=[file()])
    make.make_staff(Role.REGISTRAR, clinic.here)
    before = questions()
    for n in range(3):
        came(clinic, f"{n}.png", "image/png")
        sent(clinic.browser(Role.REGISTRAR), clinic.chat, text="Вот", files=[file()])
    assert Patient.objects.count() == 2
    assert questions() == before
