"""A sample of `make chaos`: the sender is killed at some lines of every moment of its way, the web process and the
worker at some lines of theirs, and the books balance. `PRIYOM_CHAOS_SEED` chooses the lines anew."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator

import pytest

from journeys.chaos.back import Back
from journeys.chaos.home import Home, home
from journeys.chaos.out import BAD_HOUR, Strike, rehearse, strike_all, strikes
from journeys.chaos.points import CHANNEL, Point, files, points
from journeys.chaos.table import faults, told

pytestmark = pytest.mark.journey

SEED = int(os.environ.get("PRIYOM_CHAOS_SEED") or random.SystemRandom().randrange(10**6))
REAL = ("vk", "smsc", "telegram", "smpp")


@pytest.fixture(scope="module")
def world() -> Iterator[Home]:
    """One world for all: making it takes longer than dying in it some times."""
    with home(SEED) as made:
        yield made


def _of_each(world: Home, planned: list[Strike], many: int) -> list[Strike]:
    """So many strikes of each moment, chosen by chance, in the order of the way."""
    chosen: list[Strike] = []
    for moment in dict.fromkeys(strike.moment for strike in planned):
        some = [strike for strike in planned if strike.moment == moment]
        chosen += world.dice.sample(some, min(many, len(some)))
    return chosen


@pytest.mark.parametrize("channel", ["counted_once", "counted_ask", "counted_unknown"])
def test_a_sender_killed_at_any_moment_loses_and_doubles_nothing(world: Home, channel: str) -> None:
    passed = rehearse(world, channel)
    assert any(point.function == "failed" for point in passed[BAD_HOUR]), "the bad hour must be one"
    planned = _of_each(world, strikes(world, channel, passed), 2)
    result = strike_all(world, channel, planned)
    assert not faults(result), f"seed {SEED}\n{told(result)}"
    assert result.kills > len(planned) // 2, f"seed {SEED}: the kills must strike home"
    if channel == "counted_unknown":
        assert sum(cell["listed"] for cell in result.cells.values()), "the kills must have struck something under way"


@pytest.mark.parametrize("channel", REAL)
def test_over_a_real_channel_too(world: Home, channel: str) -> None:
    planned = strikes(world, channel, rehearse(world, channel, quick=True))
    chosen = world.dice.sample([strike for strike in planned if strike.point is None], 3)
    chosen += world.dice.sample([strike for strike in planned if strike.moment == CHANNEL], 2)
    result = strike_all(world, channel, chosen)
    assert not faults(result), f"seed {SEED}\n{told(result)}"
    assert result.kills > len(chosen) // 2, f"seed {SEED}: the kills must strike home"


def test_an_answer_survives_the_death_of_whoever_has_it_in_hand(world: Home) -> None:
    back = Back(world, "vk")
    story = back.strike_all(_of_each(world, back.strikes(back.rehearse()), 2))
    assert not story.wrong, f"seed {SEED}: {story.wrong}"
    assert not story.broke, f"seed {SEED}: {[str(one) for one in story.broke]}"
    assert story.kills


def test_the_lines_are_read_off_the_sources() -> None:
    found = points(files("telegram"))
    assert any(point.function == "claim" and point.file.endswith("claim.py") for point in found)
    assert any("<locals>" in point.function for point in found), "nested functions count"
    assert all(isinstance(point, Point) and point.moment for point in found)
