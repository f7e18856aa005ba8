"""One clock: it follows its file, stands still when told, and is never behind what was last turned."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from priyom.foundation.clock import Clock

HOUR = timedelta(hours=1)


def test_two_clocks_follow_one_file(tmp_path: Path) -> None:
    one, other = Clock(), Clock()
    one.follow(tmp_path / "clock.json")
    other.follow(tmp_path / "clock.json")
    assert other.offset == timedelta(0)
    one.turn(5 * HOUR)
    assert other.offset == 5 * HOUR
    assert other.now() - datetime.now(UTC) > 4 * HOUR


def test_without_a_file_it_is_the_computers() -> None:
    clock = Clock()
    before = datetime.now(UTC)
    assert before <= clock.now() <= datetime.now(UTC)


def test_it_stands_still_and_needs_a_zone() -> None:
    clock, at = Clock(), datetime(2026, 3, 2, tzinfo=UTC)
    clock.freeze(at)
    assert clock.now() == at
    with pytest.raises(ValueError, match="needs its zone"):
        clock.freeze(datetime(2026, 3, 2))


@given(st.lists(st.integers(0, 10**7), min_size=1, max_size=20))
def test_every_turn_is_seen(tmp_path_factory: pytest.TempPathFactory, seconds: list[int]) -> None:
    path = tmp_path_factory.mktemp("clock") / "clock.json"
    hand, eye = Clock(), Clock()
    hand.follow(path)
    eye.follow(path)
    for second in seconds:
        hand.turn(timedelta(seconds=second))
        assert eye.offset == timedelta(seconds=second)


def test_a_made_up_past_ends_where_it_began() -> None:
    clock, at, past = Clock(), datetime(2026, 3, 2, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC)
    clock.freeze(at)
    with clock.standing(past):
        assert clock.now() == past
        with clock.standing(past - HOUR):
            assert clock.now() == past - HOUR
        assert clock.now() == past
    assert clock.now() == at
    with pytest.raises(ZeroDivisionError), clock.standing(past):
        raise ZeroDivisionError
    assert clock.now() == at
    clock.freeze(None)
    with clock.standing(past):
        pass
    assert clock.now() > at
