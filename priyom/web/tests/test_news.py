"""What calls a person back: whose messages, mentions and calls they are told of, and what stays hidden."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from priyom.clinic.models import Branch, Role, Staff
from priyom.foundation.clock import now
from priyom.inbox import turn
from priyom.inbox.chat import conversation_of
from priyom.inbox.desk_models import Mention, Note
from priyom.inbox.models import Conversation, Incoming
from priyom.inbox.tasks import open_call_task
from priyom.web.tests.conftest import Clinic
from tests import factories as make


def ask(browser: Client, mark: str = "", words: str = "") -> dict[str, Any]:
    answer = browser.get("/news", {"mark": mark, "words": words})
    assert answer.status_code == 200
    told: dict[str, Any] = answer.json()
    return told


def says(clinic: Clinic, text: str = "Мне плохо", chat: Conversation | None = None, action: str = "") -> Incoming:
    thread = chat or clinic.chat
    turn.asks(thread, text, now())
    return Incoming.objects.create(
        conversation=thread, account=clinic.account, address=make.CHAT, at=now(), text=text, action=action
    )


def keys(told: dict[str, Any]) -> set[str]:
    return {item["key"] for item in told["news"]}


def test_a_message_rings_once_and_its_words_stay_hidden(clinic: Clinic, registrar: Client) -> None:
    before = ask(registrar)
    row = says(clinic)
    told = ask(registrar, before["mark"])
    [item] = [item for item in told["news"] if item["key"] == f"i{row.pk}"]
    assert item["title"] == "Новое сообщение: Анна К."
    assert (item["url"], item["about"], item["words"]) == (f"/chats/{clinic.chat.pk}", f"chat-{clinic.chat.pk}", "")
    assert "Мне плохо" not in str(told)
    spoken = ask(registrar, before["mark"], words="1")
    assert "Мне плохо" in str(spoken)


def test_a_number_that_became_visible_late_is_told_still(clinic: Clinic, registrar: Client) -> None:
    late = says(clinic)
    says(clinic, chat=clinic.stranger)
    assert f"i{late.pk}" in keys(ask(registrar, ask(registrar)["mark"]))


@pytest.mark.parametrize("mark", ["x", "1.2", "1.2.3.4", "1.2.-3", f"{'9' * 30}.1.1"])
def test_a_mark_that_is_none_begins_anew(clinic: Clinic, registrar: Client, mark: str) -> None:
    assert ask(registrar, mark)["mark"] == ask(registrar)["mark"]


def test_a_colleagues_conversation_rings_for_the_colleague_alone(clinic: Clinic) -> None:
    mine, theirs = make.make_staff(), make.make_staff()
    Conversation.objects.filter(pk=clinic.chat.pk).update(assigned_to=theirs)
    row = says(clinic)
    assert f"i{row.pk}" in keys(ask(signed_in(theirs)))
    assert f"i{row.pk}" not in keys(ask(signed_in(mine)))


def test_a_pressed_button_and_what_needs_no_answer_do_not_ring(clinic: Clinic, registrar: Client) -> None:
    pressed = says(clinic, action="confirm:1:1")
    assert f"i{pressed.pk}" not in keys(ask(registrar))
    said = says(clinic)
    turn.expects(clinic.chat, None)
    assert f"i{said.pk}" not in keys(ask(registrar))


def test_nothing_of_a_closed_branch_is_told(clinic: Clinic) -> None:
    far = conversation_of(clinic.far.patient)
    row = says(clinic, chat=far)
    task = open_call_task(clinic.far, "пора", now())
    elsewhere, there = clinic.browser(Role.REGISTRAR, clinic.here), clinic.browser(Role.REGISTRAR, clinic.there)
    assert not {f"i{row.pk}", f"t{task.pk}"} & keys(ask(elsewhere))
    assert {f"i{row.pk}", f"t{task.pk}"} <= keys(ask(there))
    assert str(clinic.there.pk) not in ask(elsewhere)["branches"]
    assert ask(there)["branches"] == {str(clinic.there.pk): 1}


def test_a_mention_rings_for_whom_it_names_until_seen(clinic: Clinic) -> None:
    named, other = make.make_staff(), make.make_staff()
    note = Note.objects.create(conversation=clinic.chat, author=other, at=now(), text="@Ольга, глянь")
    mention = Mention.objects.create(note=note, staff=named)
    [item] = [item for item in ask(signed_in(named))["news"] if item["key"] == f"m{mention.pk}"]
    assert item["title"] == "Ольга Ли упоминает вас: Анна К."
    assert f"m{mention.pk}" not in keys(ask(signed_in(other)))
    Mention.objects.update(seen_at=now())
    assert f"m{mention.pk}" not in keys(ask(signed_in(named)))


def test_who_has_several_branches_sees_how_many_wait_in_each(clinic: Clinic, registrar: Client) -> None:
    says(clinic, chat=conversation_of(clinic.far.patient))
    shown = registrar.get(f"/?branch={clinic.here.pk}").content.decode()
    assert f">{clinic.there.name} (1)</option>" in shown
    doctor = clinic.browser(Role.DOCTOR).get("/").content.decode()
    assert f">{clinic.there.name} (1)</option>" not in doctor


def test_the_number_of_questions_does_not_grow(
    clinic: Clinic, registrar: Client, django_assert_max_num_queries: Any
) -> None:
    def once() -> None:
        ask(registrar)

    with django_assert_max_num_queries(14):
        once()
    for n in range(5):
        thread = conversation_of(make.make_patient(given=f"Имя{n}"))
        Conversation.objects.filter(pk=thread.pk).update(branch=Branch.objects.first())
        thread.refresh_from_db()
        says(clinic, chat=thread)
    with django_assert_max_num_queries(14):
        once()


def signed_in(staff: Staff) -> Client:
    browser = Client()
    browser.force_login(staff)
    return browser
