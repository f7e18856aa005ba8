"""The supervisor's figures: open time counted, promises told honestly, and the index that makes them cheap."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from priyom.analytics import desk
from priyom.analytics.desk_rules import Hours, open_time, percentile
from priyom.clinic.models import Branch
from priyom.foundation.clock import clock
from priyom.inbox.desk_models import Wait
from priyom.inbox.models import Conversation
from tests.factories import MONDAY, make_branch, make_patient, make_staff

ALMATY = ZoneInfo("Asia/Almaty")
HOURS = Hours(time(8), time(20), ALMATY)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
DAY = MONDAY.astimezone(ALMATY).date()


def local(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=ALMATY).astimezone(UTC)


@pytest.mark.parametrize(
    ("since", "until", "took"),
    [
        (local(2, 10), local(2, 10, 12), 12 * MINUTE), (local(2, 19, 50), local(3, 8, 5), 15 * MINUTE),
        (local(2, 21), local(3, 7), 0 * MINUTE), (local(2, 7), local(4, 9), 25 * HOUR),
        (local(2, 10), local(2, 9), 0 * MINUTE),
    ],
)  # fmt: skip
def test_nights_do_not_count(since: datetime, until: datetime, took: timedelta) -> None:
    assert open_time(since, until, HOURS) == took


@given(
    begins=st.integers(0, 400_000), first=st.integers(0, 3000), second=st.integers(0, 3000)
)  # fmt: skip
def test_a_wait_in_two_parts_is_as_long_as_the_whole(begins: int, first: int, second: int) -> None:
    since = MONDAY + begins * MINUTE
    middle, end = since + first * MINUTE, since + (first + second) * MINUTE
    assert open_time(since, middle, HOURS) + open_time(middle, end, HOURS) == open_time(since, end, HOURS)


@pytest.mark.parametrize(("percent", "minutes"), [(50, 5), (90, 9), (100, 10)])
def test_percentiles(percent: int, minutes: int) -> None:
    assert percentile([n * MINUTE for n in range(1, 11)], percent) == minutes * MINUTE
    assert percentile([], percent) is None


@pytest.fixture
def branch(db: None) -> Branch:
    clock.freeze(MONDAY)
    return make_branch()


def wait(branch: Branch | None, minutes: int, *, ended: bool = True, ending: str = "answered") -> None:
    """Of a person who began to wait an hour ago and was promised an answer in a quarter of an hour."""
    thread = Conversation.objects.create(patient=make_patient(), last_at=MONDAY, branch=branch)
    since = MONDAY - HOUR
    Wait.objects.create(
        conversation=thread, branch=branch, since=since, promised_until=since + 15 * MINUTE,
        ended_at=since + minutes * MINUTE if ended else None, ending=ending if ended else "", ended_by=make_staff(),
    )  # fmt: skip


def test_a_promise_that_is_broken_and_still_open_counts_as_broken(branch: Branch) -> None:
    for minutes in (5, 15, 16):
        wait(branch, minutes)
    wait(branch, 3, ending="linked")  # waits on elsewhere
    wait(branch, 0, ended=False)
    wait(None, 4)
    found = desk.figures([branch], DAY, ALMATY, everywhere=False)
    assert (found.kept, found.promised, found.waiting, found.answered) == (2, 4, 1, 3)
    assert (found.median, found.ninety) == (15 * MINUTE, 16 * MINUTE)
    assert dict(found.hours)[10] == 3
    assert desk.figures([branch], DAY, ALMATY, everywhere=True).answered == 4
    assert desk.figures([branch], DAY - timedelta(days=1), ALMATY, everywhere=True).answered == 0


def test_a_day_is_found_by_an_index(branch: Branch) -> None:
    wait(branch, 5)
    start, end = desk.day_of(DAY, ALMATY)
    rows = Wait.objects.filter(ended_at__gte=start, ended_at__lt=end).values_list("since")
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    assert "wait_ended" in rows.explain()
    assert "wait_open_once" in Wait.objects.filter(ended_at=None).explain()
