"""Whose turn it is: the thread, its history of waits and the promise always tell the same."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from priyom.clinic.models import Staff
from priyom.foundation.clock import clock, now
from priyom.inbox import turn
from priyom.inbox.chat import conversation_of, touch
from priyom.inbox.desk_models import Wait
from priyom.inbox.desk_rules import promised, sounds_urgent
from priyom.inbox.models import Conversation
from priyom.inbox.read import settle, unsettle
from tests.factories import MONDAY, make_branch, make_patient, make_staff, make_visit

ALMATY = ZoneInfo("Asia/Almaty")
EIGHT, TWENTY = time(8), time(20)


@pytest.fixture
def thread(db: None) -> Conversation:
    clock.freeze(MONDAY)
    return conversation_of(make_patient(phone="+77011234567"))


@pytest.fixture
def olga(thread: Conversation) -> Staff:
    return make_staff()


def waits(thread: Conversation) -> list[tuple[datetime, datetime | None, str]]:
    return list(Wait.objects.filter(conversation=thread).order_by("pk").values_list("since", "ended_at", "ending"))


def test_a_wait_begins_once_and_ends_with_the_answer(thread: Conversation, olga: Staff) -> None:
    touch(thread, "Можно раньше?", now(), needs_answer=True, channel="telegram")
    clock.freeze(MONDAY + timedelta(minutes=3))
    touch(thread, "Ау", now(), needs_answer=True, channel="telegram")
    row = Conversation.objects.get()
    assert (row.waiting_since, row.unread, row.channel) == (MONDAY, 2, "telegram")
    turn.expects(thread, olga)
    row.refresh_from_db()
    assert (row.needs_answer, row.waiting_since, row.awaits_patient) == (False, None, True)
    assert waits(thread) == [(MONDAY, now(), "answered")]
    assert Wait.objects.get().ended_by == olga


def test_what_was_settled_by_mistake_waits_since_the_beginning(thread: Conversation, olga: Staff) -> None:
    touch(thread, "Можно раньше?", now(), needs_answer=True)
    clock.freeze(MONDAY + timedelta(minutes=3))
    settle(thread, olga)
    assert waits(thread) == [(MONDAY, now(), "settled")]
    unsettle(thread)
    assert (Conversation.objects.get().waiting_since, waits(thread)) == (MONDAY, [(MONDAY, None, "")])


def test_a_thank_you_ends_the_persons_turn_and_begins_none_of_ours(thread: Conversation, olga: Staff) -> None:
    touch(thread, "Можно раньше?", now(), needs_answer=True)
    turn.expects(thread, olga)
    touch(thread, "Спасибо", now(), needs_answer=False, channel="telegram")
    row = Conversation.objects.get()
    assert (row.needs_answer, row.awaits_patient) == (False, False)


def test_our_own_reminder_does_not_end_their_turn(thread: Conversation, olga: Staff) -> None:
    touch(thread, "Можно раньше?", now(), needs_answer=True)
    turn.expects(thread, olga)
    touch(thread, "чат привязан", now(), needs_answer=False)
    assert Conversation.objects.get().awaits_patient


def test_the_promise_is_the_branchs_and_the_branch_is_of_the_next_visit(thread: Conversation) -> None:
    assert thread.patient is not None
    branch = make_branch(promise_minutes=30)
    make_visit(thread.patient, MONDAY - timedelta(days=9), branch=make_branch(), history=True)
    make_visit(thread.patient, MONDAY + timedelta(days=2), branch=branch)
    touch(thread, "Кровь идет, что делать?", now(), needs_answer=True)
    row = Conversation.objects.get()
    assert (row.branch, row.promised_until, row.urgent) == (branch, MONDAY + timedelta(minutes=30), True)


@pytest.mark.parametrize(
    ("text", "urgent"),
    [
        ("Срочно перезвоните", True), ("У ребенка температура 39", True), ("после укола сильно болит", True),
        ("Бала ауырып жатыр", True), ("Скорую вызывать?", True), ("Можно перенести на пятницу?", False),
        ("Скоро буду", False), ("Где вы находитесь?", False), ("бессрочный полис", False), ("", False),
    ],
)  # fmt: skip
def test_urgent_words(text: str, urgent: bool) -> None:
    assert sounds_urgent(text) is urgent


def test_a_promise_given_in_the_evening_is_for_the_morning() -> None:
    evening = datetime(2026, 3, 2, 19, 55, tzinfo=ALMATY).astimezone(UTC)
    until = promised(evening, 15, EIGHT, TWENTY, ALMATY)
    assert until == datetime(2026, 3, 3, 8, 10, tzinfo=ALMATY)
    assert promised(evening, 0, EIGHT, TWENTY, ALMATY) is None


@given(
    since=st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)).map(lambda at: at.replace(tzinfo=UTC)),
    minutes=st.integers(1, 3000),
    zone=st.sampled_from(["Asia/Almaty", "Europe/Moscow", "Europe/Berlin", "Pacific/Chatham"]).map(ZoneInfo),
)
def test_a_promise_counts_open_time_only(since: datetime, minutes: int, zone: ZoneInfo) -> None:
    until = promised(since, minutes, EIGHT, TWENTY, zone)
    assert until is not None
    step = timedelta(minutes=1)
    open_minutes = 0
    at = since
    while at < until:
        open_minutes += EIGHT <= at.astimezone(zone).timetz().replace(tzinfo=None) < TWENTY
        at += step
    assert abs(open_minutes - minutes) <= 1


def test_a_thread_that_is_gone_is_said_to_be_gone(thread: Conversation) -> None:
    Conversation.objects.filter(pk=thread.pk).delete()
    with pytest.raises(Conversation.DoesNotExist):
        turn.rests(thread, None)
