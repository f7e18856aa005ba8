"""Steps are data: good ones parse, bad ones say where."""

from __future__ import annotations

from datetime import timedelta

import pytest

from priyom.scenarios.catalogue import SCENARIOS
from priyom.scenarios.rules import BadStep, Notify, Wait, duration, parse_steps


def test_the_catalogue_parses() -> None:
    for scenario in SCENARIOS:
        assert parse_steps(scenario["steps"])


def test_durations() -> None:
    assert duration("PT24H") == timedelta(hours=24)
    assert duration("P1DT2H30M5S") == timedelta(days=1, hours=2, minutes=30, seconds=5)
    for bad in ("", "P", "PT", "24h", "-PT1H", "PT1.5H"):
        with pytest.raises(BadStep):
            duration(bad)


def test_a_bad_step_is_named_by_number() -> None:
    good = {"do": "wait", "before_start": "PT2H"}
    with pytest.raises(BadStep, match="шаг 2"):
        parse_steps([good, {"do": "dance"}])
    with pytest.raises(BadStep, match="шаг 1"):
        parse_steps([{"do": "wait"}])
    with pytest.raises(BadStep, match="шаг 1"):
        parse_steps([{"do": "notify", "kind": "x", "goal": "loved"}])


def test_typed_steps() -> None:
    steps = parse_steps([{"do": "wait", "after": "PT30M"}, {"do": "notify", "kind": "no_show", "goal": "delivered"}])
    assert steps == [Wait(after=timedelta(minutes=30)), Notify("no_show", "delivered")]
