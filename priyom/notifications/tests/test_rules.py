"""Time and order of routes: nothing in quiet hours, nothing after the last call, the best way first."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from priyom.notifications.rules import Desk, Quiet, Way, order, reminder_moment, sensible, wait_until

ALMATY = ZoneInfo("Asia/Almaty")
NIGHT = Quiet(time(21), time(8), ALMATY)
DESK = Desk(time(8), time(20), ALMATY)

ZONES = st.sampled_from(
    ["Asia/Almaty", "Asia/Yekaterinburg", "Europe/Kaliningrad", "Asia/Kamchatka", "America/New_York"]
)
MOMENTS = st.datetimes(datetime(2024, 1, 1), datetime(2028, 1, 1)).map(lambda m: m.replace(microsecond=0, tzinfo=UTC))
TIMES = st.integers(0, 47).map(lambda half: time(half // 2, half % 2 * 30))
QUIETS = st.builds(lambda a, b, z: Quiet(a, b, ZoneInfo(z)), TIMES, TIMES, ZONES)


def local(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=ALMATY).astimezone(UTC)


@given(QUIETS, MOMENTS)
def test_what_is_over_is_not_quiet_and_not_far(quiet: Quiet, moment: datetime) -> None:
    over = quiet.over(moment)
    assert over >= moment
    assert not quiet.holds(over)
    assert over - moment <= timedelta(hours=25)


@given(QUIETS, MOMENTS)
def test_the_next_quiet_is_quiet(quiet: Quiet, moment: datetime) -> None:
    at = quiet.over(moment)
    start = quiet.next_start(at)
    if start is None:
        assert quiet.starts == quiet.ends
    else:
        assert at < start <= at + timedelta(hours=25)
        assert quiet.holds(start)


@given(QUIETS, MOMENTS, st.integers(1, 72 * 60))
def test_open_time_adds_up(quiet: Quiet, begin: datetime, minutes: int) -> None:
    length = timedelta(minutes=minutes)
    end = quiet.after_open(begin, length)
    assert quiet.open_time(begin, end) == length
    assert not quiet.holds(end - timedelta(seconds=1))


@given(MOMENTS, st.integers(1, 48 * 60), st.integers(0, 96 * 60))
def test_a_reminder_never_goes_at_night_nor_late(start: datetime, before_minutes: int, lead_minutes: int) -> None:
    before, now = timedelta(minutes=before_minutes), start - timedelta(minutes=lead_minutes)
    moment = reminder_moment(start, before, NIGHT, now)
    if moment is not None:
        assert now <= moment < start
        assert not NIGHT.holds(moment)


@pytest.mark.parametrize(
    ("start", "before", "expected"),
    [
        (local(24, 14), 24, local(23, 14)),
        (local(24, 8, 30), 2, local(23, 20, 30)),  # 06:30 is night: the evening before
        (local(24, 22), 24, local(23, 20, 30)),  # 22:00 the day before is night: earlier that evening
        (local(24, 9, 30), 2, local(23, 20, 30)),
        (local(24, 10), 2, local(24, 8)),
    ],
)
def test_the_evening_before(start: datetime, before: int, expected: datetime) -> None:
    assert reminder_moment(start, timedelta(hours=before), NIGHT, local(20, 12)) == expected


def test_too_late_is_none() -> None:
    assert reminder_moment(local(24, 14), timedelta(hours=24), NIGHT, local(23, 14, 1)) is None


def test_booked_at_night_for_the_morning_is_reminded_in_the_morning() -> None:
    assert reminder_moment(local(24, 9), timedelta(hours=2), NIGHT, local(23, 23)) == local(24, 8)


@given(MOMENTS, st.integers(0, 300), st.integers(0, 600))
def test_the_desk_plans_back(start: datetime, lead: int, work: int) -> None:
    last = DESK.last_call(start, timedelta(minutes=lead))
    assert last <= start - timedelta(minutes=lead)
    assert last > start - timedelta(minutes=lead) - timedelta(hours=13)
    opened = DESK.back(last, timedelta(minutes=work))
    assert opened <= last
    closed = Quiet(DESK.closes, DESK.opens, ALMATY)
    assert closed.open_time(opened, last) == timedelta(minutes=work)


def test_last_call_examples() -> None:
    hour = timedelta(hours=1)
    assert DESK.last_call(local(24, 14), hour) == local(24, 13)
    assert DESK.last_call(local(24, 8, 30), hour) == local(23, 20)
    assert DESK.back(local(24, 9), 2 * hour) == local(23, 19)


@given(MOMENTS, st.integers(1, 72 * 60), st.integers(0, 300))
def test_a_call_task_opens_in_time_and_leaves_messages_a_chance(now: datetime, lead: int, needs: int) -> None:
    start = now + timedelta(minutes=lead)
    last = DESK.last_call(start, timedelta(hours=1))
    opened = DESK.call_at(now, last, timedelta(minutes=needs))
    if last <= now:
        assert opened is None
        return
    assert opened is not None
    assert now <= opened <= last
    closed = Quiet(DESK.closes, DESK.opens, ALMATY)
    left, person = closed.open_time(now, last), closed.open_time(opened, last)
    assert person <= timedelta(minutes=needs)
    assert abs(person - min(timedelta(minutes=needs), left / 2)) <= timedelta(seconds=1)


def test_call_at_examples() -> None:
    two = timedelta(hours=2)
    assert DESK.call_at(local(23, 10), local(24, 9), two) == local(23, 19)
    assert DESK.call_at(local(24, 12), local(24, 13), two) == local(
        24, 12, 30
    )  # late: half for messages, half for a call
    assert DESK.call_at(local(23, 20, 30), local(23, 20), two) is None


def way(number: int, sort: str, **more: object) -> Way:
    return Way(number, 1, f"c{number}", str(number), sort, bool(more.pop("own", True)), timedelta(hours=1), **more)  # type: ignore[arg-type]


def test_where_the_patient_last_answered_goes_first() -> None:
    ways = [
        way(1, "mail"), way(2, "sms", answered_at=local(20, 12)), way(3, "messenger"),
        way(4, "messenger", answered_at=local(10, 12)),
    ]  # fmt: skip
    assert [w.contact_point_id for w in order(ways)] == [2, 4, 3, 1]


def test_messengers_then_sms_then_mail_then_a_relative() -> None:
    ways = [
        way(1, "mail"),
        way(2, "sms"),
        way(3, "messenger", own=False),
        way(4, "messenger", muted=True),
        way(5, "messenger"),
    ]
    assert [w.contact_point_id for w in order(ways)] == [5, 4, 2, 1, 3]


def test_mail_only_when_there_is_time_or_nothing_else() -> None:
    mail, sms = way(1, "mail"), way(2, "sms")
    assert sensible([sms, mail], timedelta(hours=1)) == [sms]
    assert sensible([sms, mail], timedelta(hours=5)) == [sms, mail]
    assert sensible([mail], timedelta(hours=1)) == [mail]


@given(MOMENTS, st.integers(0, 48 * 60), st.lists(st.integers(1, 600), min_size=1, max_size=5), st.booleans())
def test_waits_go_forward_and_leave_time_for_the_rest(
    now: datetime, minutes: int, usual: list[int], bounded: bool
) -> None:
    start, deadline = NIGHT.over(now), NIGHT.over(now) + timedelta(minutes=minutes)
    until = wait_until(start, deadline, [timedelta(minutes=u) for u in usual], NIGHT, last_waits=bounded)
    assert until > start
    if NIGHT.open_time(start, deadline) > timedelta(minutes=len(usual) * max(usual)):
        assert until <= deadline


def test_two_legs_share_the_day() -> None:
    hour = timedelta(hours=1)
    first = wait_until(local(23, 10), local(23, 18), [hour, hour], NIGHT, last_waits=True)
    assert first == local(23, 14)
    assert wait_until(first, local(23, 18), [hour], NIGHT, last_waits=True) == local(23, 18)
