"""Notes among colleagues and what one has begun to write."""

from __future__ import annotations

from collections.abc import Collection

import pytest

from priyom.clinic.models import Staff
from priyom.delivery.models import Delivery
from priyom.inbox import drafts, notes
from priyom.inbox.chat import conversation_of
from priyom.inbox.desk_models import Mention, Note
from priyom.inbox.models import Conversation
from priyom.inbox.tests.conftest import Accounts
from priyom.inbox.thread import thread
from priyom.journal.models import Fact
from tests.factories import CHAT, make_patient, make_staff

NAMES = {1: "Ольга Ли", 2: "Ольга", 3: "Семён Ким", 4: "Ольга Ли", 5: "Анна-Мария"}


@pytest.fixture
def chat(accounts: Accounts) -> Conversation:
    return conversation_of(make_patient(telegram=CHAT))


@pytest.fixture
def olga(accounts: Accounts) -> Staff:
    return make_staff()


@pytest.fixture
def anna(accounts: Accounts) -> Staff:
    staff = make_staff()
    Staff.objects.filter(pk=staff.pk).update(first_name="Анна", last_name="Ким")
    return Staff.objects.get(pk=staff.pk)


@pytest.mark.parametrize(
    ("text", "picked", "found"),
    [
        ("Спросите врача", (), set()),
        ("@Ольга Ли, посмотри", (), {1, 4}),
        ("@Ольга Ли, посмотри", (4,), {4}),
        ("@Ольга Ли, посмотри", (3,), {1, 4}),  # picked, but the name was deleted again
        ("@Ольга посмотри", (), {2}),
        ("@ольга ли и @СЕМЕН КИМ", (1,), {1, 3}),
        ("@Ольгаша", (), set()),
        ("почта olga@Ольга", (), {2}),
        ("@Анна-Мария!", (), {5}),
        ("@ @@Ольга", (), {2}),
    ],
)
def test_who_is_named(text: str, picked: Collection[int], found: set[int]) -> None:
    assert notes.called(text, NAMES, picked) == found


def test_a_note_calls_whom_it_names_and_nobody_else(chat: Conversation, olga: Staff, anna: Staff) -> None:
    among = {olga.pk: "Ольга Ли", anna.pk: "Анна Ким"}
    note = notes.write(olga, chat, "  @Анна Ким, перезвони; @Ольга Ли сама не смогу ", among)
    assert note.text == "@Анна Ким, перезвони; @Ольга Ли сама не смогу"
    assert [m.note.text for m in notes.mentions_of(anna)] == [note.text]
    assert not notes.mentions_of(olga).exists()  # nobody calls themselves
    assert notes.unseen(anna) == {chat.pk: 1}
    assert notes.seen(chat, anna)
    assert not notes.seen(chat, anna)
    assert notes.unseen(anna) == {}
    assert Fact.objects.get(type="NoteWritten").data["mentioned"] == [anna.pk]


def test_a_note_is_no_message(chat: Conversation, olga: Staff) -> None:
    notes.write(olga, chat, "Просит справку", {})
    assert not Delivery.objects.exists()
    assert thread(chat) == []


@pytest.mark.parametrize("text", ["", "  ", "я" * 4001])
def test_an_empty_or_endless_note_is_refused(chat: Conversation, olga: Staff, text: str) -> None:
    with pytest.raises(ValueError):
        notes.write(olga, chat, text, {})
    assert not Note.objects.exists()


def test_a_note_taken_back_keeps_its_place_not_its_text(chat: Conversation, olga: Staff, anna: Staff) -> None:
    note = notes.write(olga, chat, "@Анна Ким, это тайна", {anna.pk: "Анна Ким"})
    with pytest.raises(notes.NotYours):
        notes.take_back(anna, chat, note.pk)
    notes.take_back(olga, chat, note.pk)
    notes.take_back(olga, chat, note.pk)
    note.refresh_from_db()
    assert (note.text, note.removed_at is not None) == ("", True)
    assert not Mention.objects.exists()
    assert Fact.objects.filter(type="NoteTakenBack").count() == 1


def test_a_note_of_another_thread_is_not_there(chat: Conversation, olga: Staff) -> None:
    note = notes.write(olga, chat, "Просит справку", {})
    with pytest.raises(Note.DoesNotExist):
        notes.take_back(olga, conversation_of(make_patient(given="Борис")), note.pk)


def test_a_draft_is_kept_per_person_and_thread(chat: Conversation, olga: Staff, anna: Staff) -> None:
    other = conversation_of(make_patient(given="Борис"))
    drafts.keep(chat, olga, "Добрый")
    drafts.keep(chat, olga, "Добрый день")
    drafts.keep(other, olga, "Да")
    drafts.keep(chat, anna, "Здравствуйте")
    assert drafts.of(olga) == {other.pk: "Да", chat.pk: "Добрый день"}
    assert drafts.text_of(chat, anna) == "Здравствуйте"
    drafts.clear(chat, olga)
    drafts.keep(other, olga, "  ")
    assert drafts.of(olga) == {}
    assert drafts.of(anna) == {chat.pk: "Здравствуйте"}
