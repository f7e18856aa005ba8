"""The walk of the clock: each planned moment in order, never back, never past the target, bounded when nobody works."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from priyom.sandbox import clock as walking
from priyom.sandbox.clock import Backwards, Turner
from priyom.sandbox.duration import BadTime, read_duration, read_moment, whole_minutes
from priyom.sandbox.tests.fakes import HandClock

START = datetime(2026, 11, 22, 10, 0, 30, tzinfo=UTC)


@dataclass
class PlanHouse:
    """A house with plans; working means doing what is due at the moment it looks, which may plan something further."""

    clock: HandClock
    plans: list[datetime]
    follow: timedelta | None = None
    works: bool = True
    done: list[tuple[datetime, datetime]] = field(default_factory=list)

    async def next_due(self, after: datetime) -> datetime | None:
        return min((plan for plan in self.plans if plan > after), default=None)

    async def busy(self, at: datetime) -> tuple[int, ...]:
        due = sorted(plan for plan in self.plans if plan <= at)
        if due and self.works:
            self.plans.remove(due[0])
            self.done.append((due[0], at))
            if self.follow is not None and len(self.done) < 50:
                self.plans.append(at + self.follow)
        return (len(due),)

    async def wake(self) -> None:
        pass


def walk(house: PlanHouse, target: datetime) -> None:
    asyncio.run(Turner(house, house.clock).to(target))


@settings(max_examples=60, deadline=None)
@given(
    plans=st.lists(st.integers(0, 3 * 86400), max_size=12),
    target=st.integers(0, 2 * 86400),
)
def test_each_planned_moment_is_visited_in_order(plans: list[int], target: int) -> None:
    clock = HandClock(START)
    house = PlanHouse(clock, [START + timedelta(seconds=s) for s in plans])
    end = START + timedelta(seconds=target)
    walking.POLL, poll = 0.0, walking.POLL
    try:
        walk(house, end)
    finally:
        walking.POLL = poll
    assert clock.shown == sorted(clock.shown)
    assert all(at <= end for at in clock.shown)
    assert clock.now() == end
    expected = sorted(START + timedelta(seconds=s) for s in plans if s <= target)
    assert sorted(planned for planned, _ in house.done) == expected
    late = [done - planned for planned, done in house.done]
    assert all(timedelta(0) <= wait < timedelta(minutes=1) for wait in late)


def test_what_the_house_plans_on_the_way_is_visited_too() -> None:
    clock = HandClock(START)
    house = PlanHouse(clock, [START + timedelta(hours=1)], follow=timedelta(minutes=30))
    walk(house, START + timedelta(hours=3))
    assert [at.strftime("%H:%M") for _, at in house.done] == ["11:01", "11:31", "12:01", "12:31"]


@dataclass
class Watch:
    """Real seconds as the walk counts them: only its looks at the house take any."""

    seconds: float = 0.0

    def monotonic(self) -> float:
        return self.seconds


@dataclass
class IdleHouse(PlanHouse):
    """Nobody works; a look takes a second of the watch."""

    works: bool = False
    watch: Watch = field(default_factory=Watch)
    looks: Counter[datetime] = field(default_factory=Counter)

    async def busy(self, at: datetime) -> tuple[int, ...]:
        self.watch.seconds += 1
        self.looks[at] += 1
        return await super().busy(at)


@pytest.mark.parametrize("patience", [3, 12])
def test_nobody_works_and_it_arrives_all_the_same(monkeypatch: pytest.MonkeyPatch, patience: int) -> None:
    clock = HandClock(START)
    house = IdleHouse(clock, [START + timedelta(minutes=10 * n) for n in range(200)])
    for name, value in {"PATIENCE": patience, "STALLED_LIMIT": 30, "POLL": 0, "time": house.watch}.items():
        monkeypatch.setattr(walking, name, value)
    walk(house, START + timedelta(days=2))
    assert clock.now() == START + timedelta(days=2)
    assert house.looks.pop(START) == patience + 1, "it waits at the first step, until longer than its patience"
    assert set(house.looks.values()) == {1}, "and hardly at the next ones"
    assert len(clock.shown) == 30 - patience, "until it has waited enough in all; then it goes straight to its end"


def test_backwards_and_too_far_are_refused() -> None:
    turner = Turner(PlanHouse(HandClock(START), []), HandClock(START))
    with pytest.raises(Backwards):
        asyncio.run(turner.to(START - timedelta(seconds=1)))
    with pytest.raises(Backwards):
        asyncio.run(turner.advance(timedelta(days=500)))


def test_two_turns_follow_one_another() -> None:
    clock = HandClock(START)
    house = PlanHouse(clock, [])
    turner = Turner(house, clock)

    async def both() -> None:
        await asyncio.gather(turner.advance(timedelta(hours=1)), turner.advance(timedelta(hours=2)))

    asyncio.run(both())
    assert clock.now() == START + timedelta(hours=3)
    assert turner.picture()["turning"] is False


@given(st.integers(0, 60), st.integers(0, 100), st.integers(0, 500), st.integers(0, 10**6))
def test_durations_read_back(days: int, hours: int, minutes: int, seconds: int) -> None:
    text = f"P{days}DT{hours}H{minutes}M{seconds}S"
    assert read_duration(text) == timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)


@pytest.mark.parametrize("text", ["", "P", "PT", "P1DT", "23H", "PT23", "-PT1H", "P1Y", "P1M", "PT1H ago", "PT1M1H"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(BadTime):
        read_duration(text)


def test_moments() -> None:
    assert read_moment("2026-11-24T18:00:00+05:00") == datetime(2026, 11, 24, 13, tzinfo=UTC)
    assert read_moment("2026-11-24T13:00:00Z") == datetime(2026, 11, 24, 13, tzinfo=UTC)
    for wrong in ("2026-11-24T18:00:00", "завтра", "", "0001-01-01T00:00:00+14:00"):
        with pytest.raises(BadTime):
            read_moment(wrong)


@given(st.integers(0, 10**15), st.sampled_from([1, 5, 15]))
def test_whole_minutes_never_come_early(microseconds: int, minutes: int) -> None:
    at = datetime(2020, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)
    grain = timedelta(minutes=minutes)
    found = whole_minutes(at, grain)
    assert at <= found < at + grain
    assert (found.minute % minutes, found.second, found.microsecond) == (0, 0, 0)
