"""The weather turns on strong evidence, returns after a while and good probes, and does not flap."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from priyom.delivery.weather_rules import (
    CALM,
    STAY_ROUGH,
    STAY_STORM,
    Level,
    Minute,
    Seen,
    Sky,
    Usual,
    bounds,
    look,
    share_since,
    stay,
    turn,
)

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
FAIR = Sky(Level.FAIR, "", NOON - timedelta(days=1))
USUAL = Usual(0.97, 0.97, 0.4)


def minute(ago: float, good: int, of: int) -> Minute:
    """A minute of which everything is judged."""
    return Minute(NOON - timedelta(minutes=ago), of, good, of, good)


def test_bounds_hold_the_share_and_narrow() -> None:
    assert bounds(0, 0) == (0.0, 1.0)
    for of in (1, 8, 100, 10_000):
        for good in (0, of // 2, of):
            low, high = bounds(good, of)
            assert 0 <= low <= good / of <= high <= 1
    assert bounds(90, 100)[1] > bounds(9_000, 10_000)[1]
    assert bounds(0, 8)[1] == pytest.approx(0.4533, abs=0.001)  # by hand: z²/(n + z²)


def test_a_deep_fall_is_a_storm_with_its_beginning_and_shares() -> None:
    rows = [minute(n, 1, 1) for n in range(40, 20, -1)] + [minute(n, 1, 4) for n in range(20, 2, -1)]
    seen = look(rows, USUAL, FAIR, NOON)
    assert (seen.level, seen.usual) == (Level.STORM, 0.97)
    assert seen.since == NOON - timedelta(minutes=20)
    assert share_since(rows, "arrived", NOON - timedelta(minutes=20)) == pytest.approx(0.25)


def test_a_small_fall_is_rough_and_a_usual_share_is_fair() -> None:
    assert look([minute(n, 9, 12) for n in range(10, 3, -1)], USUAL, FAIR, NOON).level is not Level.FAIR
    assert look([minute(n, 29, 30) for n in range(10, 3, -1)], USUAL, FAIR, NOON).level is Level.FAIR
    poor = Usual(0.97, 0.6, None)
    judged = [replace(minute(n, 6, 10), taken=10) for n in range(20, 3, -1)]
    assert look(judged, poor, FAIR, NOON).level is Level.FAIR  # it never was better here


def test_few_messages_are_no_judgement() -> None:
    assert look([], USUAL, FAIR, NOON) == Seen()
    assert look([minute(5, 0, 7)], USUAL, FAIR, NOON).level is Level.FAIR
    assert look([minute(5, 0, 8)], USUAL, FAIR, NOON).level is Level.STORM


def test_a_gateway_that_does_not_answer_is_a_storm_after_two_minutes() -> None:
    assert look([], USUAL, FAIR, NOON, down=timedelta(seconds=119)).level is Level.FAIR
    seen = look([], USUAL, FAIR, NOON, down=timedelta(minutes=2))
    assert (seen.level, seen.kind, seen.since) == (Level.STORM, "down", NOON - timedelta(minutes=2))


def test_takes_and_never_delivers_is_seen_by_peoples_silence() -> None:
    rows = [Minute(NOON - timedelta(minutes=60 + n), 3, 3, 3, 3, 3, 0) for n in range(20)]
    assert look(rows, USUAL, FAIR, NOON).level is Level.FAIR
    seen = look(rows, USUAL, FAIR, NOON, silent=True)
    assert (seen.level, seen.kind) == (Level.STORM, "answers")
    few_answer_here = replace(USUAL, answered=0.1)
    assert look(rows, few_answer_here, FAIR, NOON, silent=True).level is Level.FAIR


def test_it_returns_after_its_time_and_five_good_probes() -> None:
    storm = Sky(Level.STORM, "arrived", NOON - STAY_STORM)
    old = [minute(n, 0, 10) for n in range(40, 16, -1)]
    assert not look(old, USUAL, storm, NOON).well
    assert not look([*old, *(minute(n, 1, 1) for n in (9, 7, 5, 3))], USUAL, storm, NOON).well
    probes = [*old, *(minute(n, 1, 1) for n in (11, 9, 7, 5, 3))]
    seen = look(probes, USUAL, storm, NOON)
    assert seen.well
    assert turn(replace(storm, changed_at=NOON - STAY_STORM + MINUTE), seen, NOON).level is Level.STORM
    fair = turn(storm, seen, NOON)
    assert (fair.level, fair.left_at) == (Level.FAIR, NOON)
    assert look(probes, USUAL, fair, NOON).level is Level.FAIR  # what was before the return does not count again
    assert not look(probes, USUAL, storm, NOON, down=timedelta(0)).well
    assert not look(probes, USUAL, storm, NOON, up=timedelta(minutes=4)).well


def test_a_relapse_stays_longer() -> None:
    bad = Seen(Level.STORM, "arrived")
    fair = Sky(Level.FAIR, "", NOON, NOON, 0)
    assert turn(fair, bad, NOON + CALM - MINUTE) == fair
    again = turn(fair, bad, NOON + CALM)
    assert (again.level, again.relapses, stay(again)) == (Level.STORM, 1, STAY_STORM * 2)
    assert turn(fair, bad, NOON + timedelta(hours=7)).relapses == 0


def test_rough_weather_may_grow_worse_at_once() -> None:
    rough = turn(FAIR, Seen(Level.ROUGH, "arrived"), NOON)
    assert turn(rough, Seen(Level.STORM, "arrived"), NOON + MINUTE).level is Level.STORM
    assert stay(rough) == STAY_ROUGH


signs = st.builds(
    Seen, level=st.sampled_from(list(Level)), kind=st.sampled_from(["down", "taken", "arrived"]), well=st.booleans()
)


@given(st.lists(signs, min_size=1, max_size=400))
def test_no_series_makes_it_flap(series: list[Seen]) -> None:
    sky, changes = FAIR, []
    for n, seen in enumerate(series):
        at = NOON + n * MINUTE
        after = turn(sky, seen, at)
        if after.level != sky.level:
            changes.append(at)
        sky = after
    for at in changes:
        assert sum(at <= other < at + timedelta(hours=1) for other in changes) <= 8


@settings(deadline=None, max_examples=12)
@given(st.floats(0.7, 1.0), st.randoms(use_true_random=False), st.integers(1, 12))
def test_shares_that_hover_about_a_threshold_turn_routes_seldom(share: float, chance: object, per_minute: int) -> None:
    rows: list[Minute] = []
    sky, turns = FAIR, []
    for n in range(150):
        at = NOON + n * MINUTE
        good = sum(chance.random() < share for _ in range(per_minute))  # type: ignore[attr-defined]
        rows = [*rows[-240:], Minute(at - MINUTE, per_minute, good, per_minute, good)]
        after = turn(sky, look(rows, USUAL, sky, at), at)
        if (after.level is Level.STORM) != (sky.level is Level.STORM):
            turns.append(at)
        sky = after
    for at in turns:
        assert sum(at <= other < at + timedelta(hours=1) for other in turns) <= 4


@given(st.sampled_from(list(Level)), st.integers(1, 2000))
def test_a_night_without_traffic_changes_nothing(level: Level, minutes: int) -> None:
    sky = Sky(level, "arrived" if level else "", NOON - timedelta(hours=5))
    at = NOON + minutes * MINUTE
    assert turn(sky, look([], USUAL, sky, at), at) == sky


@given(st.lists(st.tuples(signs, st.integers(-600, 600)), max_size=60))
def test_a_clock_turned_back_is_harmless(series: list[tuple[Seen, int]]) -> None:
    sky, at = FAIR, NOON
    for seen, step in series:
        at += step * MINUTE
        sky = turn(sky, seen, at)
        assert sky.changed_at <= at
        assert sky.left_at is None or sky.left_at <= at
    after = turn(turn(sky, Seen(well=True), at), Seen(well=True), at + timedelta(hours=2))
    assert after.level is Level.FAIR
