"""The thread's pages without a browser: what opens where, what is said of each message, and what it costs to look."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from priyom.clinic.models import Role, Staff
from priyom.delivery.models import Delivery
from priyom.foundation.clock import now
from priyom.inbox import drafts, notes
from priyom.inbox.models import Conversation, Incoming
from priyom.web.tests.conftest import Clinic
from tests import factories as make

PLACE = re.compile(r'data-key="([^"]+)"')


def wrote(clinic: Clinic, **over: object) -> Delivery:
    values: dict[str, object] = {
        "account": clinic.account, "address": make.CHAT, "patient": clinic.chat.patient, "body": {"text": "Ждем вас"},
        "origin": "staff", "created_at": now(), "due_at": now(), "sent_at": now(), "state": "settled",
        "signal": "failed", "evidence": "Пациент заблокировал бота",
    }  # fmt: skip
    return Delivery.objects.create(**{**values, **over})


def fill(clinic: Clinic, many: int, author: Staff) -> None:
    for number in range(many):
        at = now() - timedelta(days=3, minutes=-number)
        Incoming.objects.create(
            conversation=clinic.chat, account=clinic.account, address=make.CHAT, at=at, text=f"Вопрос {number}"
        )
        wrote(clinic, sent_at=at, signal="read", evidence="", origin_id=author.pk)


def messages(browser: Client, clinic: Clinic, query: str = "") -> str:
    return browser.get(f"/chats/{clinic.chat.pk}/messages{query}").content.decode()


def test_older_pieces_are_added_to_what_is_shown(clinic: Clinic, registrar: Client) -> None:
    fill(clinic, 80, make.make_staff())
    page = messages(registrar, clinic)
    assert page.count('class="said') == 49  # one of 50 is an automatic message
    place = PLACE.findall(page)[0]
    assert messages(registrar, clinic, f"?from={place}").count('class="said') == 49
    assert messages(registrar, clinic, f"?from={place}&older=1").count('class="said') == 99
    whole = messages(registrar, clinic, "?from=start")
    assert whole.count('class="said') == 161
    assert 'id="older"' not in whole
    assert registrar.get(f"/chats/{clinic.chat.pk}/messages?from=yesterday").status_code == 404


def test_whoever_reads_in_the_past_has_not_seen_what_is_new(clinic: Clinic, registrar: Client) -> None:
    fill(clinic, 150, make.make_staff())
    first = Incoming.objects.get(text="Вопрос 0")
    Conversation.objects.update(unread=1)
    page = registrar.get(f"/chats/{clinic.chat.pk}?at=i{first.pk}").content.decode()
    assert f'data-at="i{first.pk}"' in page
    assert 'id="newer"' in page
    assert Conversation.objects.get(pk=clinic.chat.pk).unread == 1
    messages(registrar, clinic)
    assert Conversation.objects.get(pk=clinic.chat.pk).unread == 0


def test_a_line_stands_above_what_nobody_has_read(clinic: Clinic, registrar: Client) -> None:
    Conversation.objects.filter(pk=clinic.chat.pk).update(unread=1)
    page = registrar.get(f"/chats/{clinic.chat.pk}").content.decode()
    place = re.search(r'id="new"><span data-key="([^"]+)"', page)
    assert place is not None
    assert 'id="new"' not in registrar.get(f"/chats/{clinic.chat.pk}").content.decode()
    assert 'id="new"' in messages(registrar, clinic, f"?from=start&new={place[1]}")  # an open page keeps it
    Conversation.objects.filter(pk=clinic.chat.pk).update(unread=1)
    assert 'id="new"' not in messages(registrar, clinic, "?from=start")  # somebody looks at the end
    Conversation.objects.filter(pk=clinic.chat.pk).update(unread=1)
    assert 'id="new"' in messages(registrar, clinic, "?from=start&away=1")


@pytest.mark.parametrize(
    ("signal", "told"),
    [
        ("", "ждет отправки"),
        ("accepted", "передано Telegram; дошло ли, он не сообщает"),
        ("delivered", "доставлено"),
        ("read", "прочитано"),
    ],
)
def test_the_state_is_said_in_words(clinic: Clinic, registrar: Client, signal: str, told: str) -> None:
    wrote(clinic, signal=signal, evidence="")
    assert told in messages(registrar, clinic)


def test_what_failed_says_why_and_what_can_be_done(clinic: Clinic, registrar: Client) -> None:
    failed = wrote(clinic)
    page = messages(registrar, clinic)
    assert "не отправлено</span>: Пациент заблокировал бота" in page
    assert "Другого канала нет." in page
    assert 'href="tel:+77011234567"' in page
    sms = make.make_account("smsc")
    page = messages(registrar, clinic)
    assert "Отправить через SMS" in page
    assert "SMS платно. Отправить?" in page
    address = f"/chats/{clinic.chat.pk}/again/{failed.pk}"
    assert "только что закрылся" in registrar.post(address, {"account": clinic.account.pk}).content.decode()
    assert registrar.post(address, {"account": sms.pk}).status_code == 204
    assert "уже отправлено" in registrar.post(address, {"account": sms.pk}).content.decode()
    assert "отправлено еще раз через SMS" in messages(registrar, clinic)
    assert Delivery.objects.filter(account=sms).count() == 1


def test_a_run_is_one_line_and_one_alone_is_none(clinic: Clinic, registrar: Client) -> None:
    assert "data-run" not in messages(registrar, clinic)
    wrote(clinic, origin="notification", body={"text": "Ждем", "kind": "reminder_24h"})
    page = messages(registrar, clinic)
    assert "2 автосообщения" in page
    assert "напоминание за сутки" in page
    assert "1 не отправлено" in page


def test_a_note_is_escaped_and_refused_when_it_says_nothing(clinic: Clinic, registrar: Client) -> None:
    colleague = make.make_staff(Role.REGISTRAR, clinic.here)
    address = f"/chats/{clinic.chat.pk}/note"
    assert "Сначала напишите" in registrar.post(address, {"text": " "}).content.decode()
    assert "слишком длинный" in registrar.post(address, {"text": "я" * 4001}).content.decode()
    assert registrar.post(address, {"text": "<b>@Ольга Ли</b>", "mention": colleague.pk}).status_code == 204
    assert '&lt;b&gt;<b class="mention">@Ольга Ли</b>&lt;/b&gt;' in messages(registrar, clinic)
    assert notes.unseen(colleague) == {clinic.chat.pk: 1}
    far = make.make_staff(Role.REGISTRAR, clinic.there)
    Staff.objects.filter(pk=far.pk).update(first_name="Вера", last_name="Цой")
    registrar.post(address, {"text": "@Вера Цой", "mention": far.pk})  # may not see this patient
    assert notes.unseen(far) == {}


def test_a_draft_is_restored_and_gone_when_it_was_sent(clinic: Clinic) -> None:
    staff = make.make_staff(Role.REGISTRAR)
    browser = Client()
    browser.force_login(staff)
    assert browser.post(f"/chats/{clinic.chat.pk}/draft", {"text": "Добрый де"}).status_code == 204
    assert ">Добрый де</textarea>" in browser.get(f"/chats/{clinic.chat.pk}").content.decode()
    assert "Добрый де" not in clinic.browser(Role.REGISTRAR).get(f"/chats/{clinic.chat.pk}").content.decode()
    assert "слишком длинный" in browser.post(f"/chats/{clinic.chat.pk}/send", {"text": "я" * 4001}).content.decode()
    assert drafts.of(staff) == {clinic.chat.pk: "Добрый де"}
    browser.post(f"/chats/{clinic.chat.pk}/send", {"text": "Добрый день"})
    assert drafts.of(staff) == {}


def test_looking_costs_the_same_however_long_the_thread_is(clinic: Clinic, registrar: Client) -> None:
    author = make.make_staff()
    wrote(clinic, origin_id=author.pk)
    make.make_account("smsc")
    notes.write(author, clinic.chat, "@Ольга Ли", {make.make_staff().pk: "Ольга Ли"})
    fill(clinic, 5, author)

    def asked(path: str) -> int:
        registrar.get(f"/chats/{clinic.chat.pk}{path}")
        with CaptureQueriesContext(connection) as questions:
            assert registrar.get(f"/chats/{clinic.chat.pk}{path}").status_code == 200
        return len(questions)

    paths = ("", "/messages", "/messages?from=start")
    before = [asked(path) for path in paths]
    fill(clinic, 60, author)
    assert [asked(path) for path in paths] == before
