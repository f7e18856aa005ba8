"""Free times touch nothing busy and stay within working hours, whatever the zone does."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from priyom.appointments.rules import Span, free_spans, spread

ALMATY = ZoneInfo("Asia/Almaty")
WEEK = {day: [(time(9), time(13)), (time(14), time(18))] for day in range(5)}
AFTER = datetime(2026, 11, 20, 6, 0, tzinfo=UTC)  # a Friday, 11:00 in Almaty
ZONES = st.sampled_from(["Asia/Almaty", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"])
MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)).map(lambda m: m.replace(microsecond=0, tzinfo=UTC))


def test_an_empty_day_fills_without_gaps() -> None:
    spans = free_spans(WEEK, ALMATY, [], timedelta(minutes=30), AFTER, AFTER + timedelta(days=7), 4)
    assert [f"{s.astimezone(ALMATY):%a %H:%M}" for s, _ in spans] == [
        "Fri 11:30",
        "Fri 12:00",
        "Fri 12:30",
        "Fri 14:00",
    ]


def test_behind_a_visit_it_goes_on_at_once() -> None:
    busy = [(AFTER + timedelta(minutes=20), AFTER + timedelta(minutes=42))]
    spans = free_spans(WEEK, ALMATY, busy, timedelta(minutes=30), AFTER, AFTER + timedelta(days=7), 2)
    assert [f"{s.astimezone(ALMATY):%H:%M}" for s, _ in spans] == ["11:45", "12:15"]


@given(
    ZONES, MOMENTS, st.integers(5, 120), st.integers(0, 8),
    st.lists(st.tuples(st.integers(0, 7 * 24 * 60), st.integers(1, 300)), max_size=20),
)  # fmt: skip
def test_free_is_free(zone: str, after: datetime, minutes: int, count: int, visits: list[tuple[int, int]]) -> None:
    length, until = timedelta(minutes=minutes), after + timedelta(days=7)
    busy: list[Span] = [
        (after + timedelta(minutes=start), after + timedelta(minutes=start + lasts)) for start, lasts in visits
    ]
    spans = free_spans(WEEK, ZoneInfo(zone), busy, length, after, until, count)
    assert len(spans) <= count
    assert spans == sorted(spans)
    for number, (start, end) in enumerate(spans):
        assert after < start < until
        assert end - start == length
        assert not any(a < end and b > start for a, b in busy)
        assert number == 0 or spans[number - 1][1] <= start
        local = start.astimezone(ZoneInfo(zone))
        assert any(opens <= local.time() < closes for opens, closes in WEEK[local.weekday()])


@given(st.lists(st.integers(0, 10 * 48), unique=True, max_size=60).map(sorted), st.integers(1, 8), st.integers(1, 4))
def test_spread_keeps_order_and_the_soonest(halves: list[int], count: int, per_day: int) -> None:
    spans = [(AFTER + timedelta(minutes=30 * h), AFTER + timedelta(minutes=30 * h + 30)) for h in halves]
    chosen = spread(spans, ALMATY, count, per_day)
    assert len(chosen) <= count
    assert chosen == [span for span in spans if span in chosen]
    assert chosen[:1] == spans[:1]
    days = [start.astimezone(ALMATY).date() for start, _ in chosen]
    assert all(days.count(day) <= per_day for day in days)
