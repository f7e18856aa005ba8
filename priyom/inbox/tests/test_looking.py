"""Who else is at a thread, for how long that counts; and that nobody answers what a colleague has just answered."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection, transaction

from priyom.clinic.models import Staff
from priyom.delivery.enqueue import cancel
from priyom.foundation.clock import clock, now
from priyom.inbox import looking
from priyom.inbox.chat import conversation_of
from priyom.inbox.desk_models import Looking
from priyom.inbox.models import Conversation, LateAnswer
from priyom.inbox.reply import reply
from tests import factories as make

pytestmark = pytest.mark.django_db


@pytest.fixture
def thread() -> Conversation:
    clock.freeze(make.MONDAY)
    account = make.make_account("telegram")
    patient = make.make_patient(telegram=make.CHAT)
    make.make_reach(patient, "telegram", account.channel, started_at=now(), answered_at=now())
    return conversation_of(patient)


@pytest.fixture
def olga() -> Staff:
    return make.make_staff()


@pytest.fixture
def petr() -> Staff:
    made = make.make_staff()
    made.first_name, made.last_name = "Петр", "Ким"
    made.save()
    return made


def here(*pairs: looking.Pair) -> None:
    with connection.cursor() as cursor:
        cursor.execute(looking.sql["looking_here"], looking.seen_values(pairs))


def seen(thread: Conversation, staff: Staff) -> list[tuple[str, bool]]:
    return [(one.name, one.writing) for one in looking.others(thread, staff)]


def test_one_sees_the_others_and_not_oneself(thread: Conversation, olga: Staff, petr: Staff) -> None:
    here((thread.pk, olga.pk), (thread.pk, petr.pk))
    assert seen(thread, olga) == [("Петр Ким", False)]
    looking.writes(thread, petr)
    assert seen(thread, olga) == [("Петр Ким", True)]
    looking.stops_writing(thread, petr)
    assert seen(thread, olga) == [("Петр Ким", False)]


def test_whoever_is_heard_of_no_more_is_gone(thread: Conversation, olga: Staff, petr: Staff) -> None:
    looking.writes(thread, petr)
    clock.freeze(now() + looking.WRITING_LASTS)
    assert seen(thread, olga) == [("Петр Ким", False)]
    clock.freeze(make.MONDAY + looking.HOLDS - timedelta(seconds=1))
    assert seen(thread, olga) == [("Петр Ким", False)]
    clock.freeze(make.MONDAY + looking.HOLDS)
    assert seen(thread, olga) == []


def test_that_they_are_still_there_is_news_to_nobody(thread: Conversation, petr: Staff) -> None:
    """The table tells the pages of coming, going and writing; not every ten seconds of staying."""

    def told() -> int:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM journal_news WHERE about = %s", [f"looking:{thread.pk}"])
            return int(cursor.fetchone()[0])

    def forget() -> None:  # a transaction says a thing once; here all is one transaction
        connection.cursor().execute("SELECT set_config('priyom.told', '', true)")

    here((thread.pk, petr.pk))
    assert told() == 1
    forget()
    here((thread.pk, petr.pk))
    assert told() == 1
    looking.writes(thread, petr)
    assert told() == 2
    forget()
    with connection.cursor() as cursor:
        cursor.execute(looking.sql["looking_gone"], looking.gone_values([(thread.pk, petr.pk)]))
    assert told() == 3


def test_threads_and_people_that_are_gone_are_passed_over(thread: Conversation, petr: Staff) -> None:
    here((thread.pk, 10**9), (10**9, petr.pk), (thread.pk, petr.pk))
    assert Looking.objects.count() == 1


@transaction.atomic
def answered(thread: Conversation, staff: Staff, mark: str) -> looking.Answer | None:
    return looking.answered_meanwhile(thread, staff, mark)


def test_a_colleagues_newer_answer_is_told_once(thread: Conversation, olga: Staff, petr: Staff) -> None:
    assert looking.newest_answer(thread) == ""
    assert answered(thread, olga, "") is None
    reply(petr, thread, "Да, приходите")
    found = answered(thread, olga, "")
    assert found is not None
    assert (found.name, found.text, found.files) == ("Петр Ким", "Да, приходите", 0)
    assert found.entry == looking.newest_answer(thread)
    assert answered(thread, olga, found.entry) is None, "it stood on the page"
    assert answered(thread, petr, "") is None, "it is one's own"
    reply(olga, thread, "К 15:00")
    assert answered(thread, olga, found.entry) is None
    assert answered(thread, petr, found.entry) is not None


@pytest.mark.parametrize("mark", ["", "d", "dx", "i7", "d-1", "d" + "9" * 40, "d٤"])
def test_a_mark_nobody_made_hides_no_answer(thread: Conversation, olga: Staff, petr: Staff, mark: str) -> None:
    reply(petr, thread, "Да")
    assert answered(thread, olga, mark) is not None


def test_what_was_taken_back_is_no_answer(thread: Conversation, olga: Staff, petr: Staff) -> None:
    cancel([reply(petr, thread, "Да")], "взято назад")
    assert answered(thread, olga, "") is None


def test_the_same_answer_on_another_way_is_no_new_one(thread: Conversation, olga: Staff, petr: Staff) -> None:
    """Nobody saw it on the page, so it went out once more: the desk has read it long ago."""
    first = reply(petr, thread, "Да")
    again = reply(petr, thread, "Ответ клиники: Да")
    LateAnswer.objects.filter(delivery_id=first).delete()
    LateAnswer.objects.create(delivery_id=first, went_id=again)
    assert answered(thread, olga, f"d{first}") is None


def test_two_who_send_at_once_follow_one_another(thread: Conversation, olga: Staff) -> None:
    """The row of the thread is locked before one looks."""
    with transaction.atomic():
        looking.answered_meanwhile(thread, olga, "")
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_locks WHERE pid = pg_backend_pid() AND mode = 'RowShareLock'"
                " AND relation = 'inbox_conversation'::regclass"
            )
            assert cursor.fetchone() == (1,)
