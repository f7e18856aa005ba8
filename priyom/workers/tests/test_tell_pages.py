"""The tables tell the open pages what has changed: in words, once per statement, and nothing where nothing has."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection

from priyom.contracts.message import Signal
from priyom.delivery.consequence import Settled
from priyom.delivery.enqueue import Order, cancel, enqueue_many
from priyom.delivery.models import Delivery, Doubt
from priyom.delivery.settle import settled_values
from priyom.delivery.settle import sql as settling
from priyom.foundation.clock import clock, now
from priyom.inbox.chat import conversation_of
from priyom.inbox.desk_models import Here, Note, Presence
from priyom.inbox.models import CallTask, Conversation
from priyom.inbox.tasks import open_call_task
from priyom.patients.models import CardNote
from tests import factories as make

pytestmark = pytest.mark.django_db


def lines() -> list[str]:
    """What was told, oldest first; it is forgotten, and so is that this transaction has said it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT about FROM journal_news ORDER BY ctid")
        found = [about for (about,) in cursor.fetchall()]
        cursor.execute("DELETE FROM journal_news")
        cursor.execute("SELECT set_config('priyom.told', '', true)")
        return found


def words() -> set[str]:
    return {word for line in lines() for word in line.split()}


@pytest.fixture
def thread() -> Conversation:
    clock.freeze(make.MONDAY)
    made = conversation_of(make.make_patient(telegram=make.CHAT))
    lines()
    return made


def test_a_thread_tells_of_itself_and_its_notes(thread: Conversation) -> None:
    rows = Conversation.objects.filter(pk=thread.pk)
    mine = f"chat:{thread.pk}"
    told: list[tuple[Callable[[], object], set[str]]] = [
        (lambda: rows.update(last_text="новое"), {mine, "chats"}),
        (lambda: rows.update(last_text="новое"), set()),
        (lambda: rows.update(typing_at=now()), {mine}),
        (lambda: rows.update(unread=3), {mine, "chats"}),
        (lambda: Note.objects.create(conversation=thread, at=now(), text="справка"), {mine, "chats"}),
        (lambda: Note.objects.update(removed_at=now(), text=""), {mine, "chats"}),
    ]
    for change, expected in told:
        change()
        assert words() == expected


def test_calls_people_cards_and_doubts_tell(thread: Conversation) -> None:
    account = make.make_account("telegram")
    visit = make.make_visit(thread.patient)  # type: ignore[arg-type]
    lines()
    task = open_call_task(visit, "пора звонить", now())
    assert {"tasks", f"task:{task.pk}", f"patient:{visit.patient_id}", f"visit:{visit.pk}"} <= words()
    CallTask.objects.update(why="очень пора")
    assert "tasks" in words()
    staff = make.make_staff()
    Presence.objects.create(staff=staff, since=now(), seen_at=now())
    assert words() == {"desk"}
    Presence.objects.update(seen_at=now(), state=Here.HERE)
    assert words() == set(), "that somebody is still there is no news"
    Presence.objects.update(state=Here.BREAK)
    assert words() == {"desk"}
    CardNote.objects.create(patient=visit.patient, text="боится уколов", at=now())
    assert words() == {f"patient:{visit.patient_id}"}
    doubt = make.make_doubt(account, visit.patient)
    assert {"doubts", f"delivery:{doubt.delivery_id}"} <= words()
    Doubt.objects.filter(pk=-1).update(how="никого")
    assert words() == set()


def test_a_message_taken_back_or_edited_tells_and_one_that_leaves_does_not_by_itself(thread: Conversation) -> None:
    account = make.make_account("telegram")
    order = Order(account.pk, make.CHAT, {"text": "Да"}, "staff", patient_id=thread.patient_id)
    (sent, stopped) = enqueue_many([order, order])
    lines()
    Delivery.objects.filter(pk=sent).update(state="sending", tries=1, claimed_at=now())
    assert words() == set()
    cancel([stopped], "передумали")
    assert words() == {f"patient:{thread.patient_id}"}
    Delivery.objects.filter(pk=sent).update(edited_text="Нет")
    assert words() == {f"patient:{thread.patient_id}"}


def test_a_batch_that_is_settled_tells_once(thread: Conversation) -> None:
    """The hot path: one statement of ours, one line, whatever stands in the batch; a batch without news tells none."""
    account = make.make_account("telegram")
    order = Order(account.pk, make.CHAT, {"text": "Да"}, "notification", patient_id=thread.patient_id)
    stranger = Order(account.pk, "909", {"text": "Да"}, "notification")
    ids = enqueue_many([order] * 200 + [stranger])
    Delivery.objects.update(state="sending", tries=1, claimed_at=now())
    lines()
    batch = [Settled(number, 1, Signal.ACCEPTED, "принято", provider_id=f"p{number}") for number in ids]
    for expected in ([f"delivery:{ids[-1]} patient:{thread.patient_id}"], []):
        with connection.cursor() as cursor:
            cursor.execute(settling["settle"], settled_values(batch))
        assert lines() == expected
