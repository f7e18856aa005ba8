"""Pure decisions: what an error means, how fast one may send, when an account may go."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from priyom.contracts.card import AfterCrash
from priyom.contracts.errors import (
    Misconfigured,
    NotReachable,
    OptedOut,
    Rejected,
    Throttled,
    Unavailable,
    Uncertain,
)
from priyom.contracts.message import Signal
from priyom.delivery.consequence import LONGEST_PAUSE, Again, Settled, Strain, failed, pause, storable
from priyom.delivery.health import CHECK_EVERY, Health
from priyom.delivery.pace import BURST, RECOVERY, Pace

AT = datetime(2026, 3, 1, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("error", "strain", "after"),
    [
        (Unavailable("нет связи"), Strain.DOWN, 4.0),
        (Throttled("часто", 17.0), Strain.SLOW, 17.0),
        (Misconfigured("ключ"), Strain.BROKEN, 0.0),
    ],
)
def test_not_taken_waits(error: Exception, strain: Strain, after: float) -> None:
    outcome = failed(1, 3, AfterCrash.UNKNOWN, "send", error)
    assert isinstance(outcome, Again)
    assert (outcome.strain, outcome.after, outcome.maybe_sent) == (strain, after, False)


@pytest.mark.parametrize(
    ("error", "lost"),
    [(Rejected("нельзя", "7"), ""), (NotReachable("нет", "7"), "gone"), (OptedOut("стоп", "7"), "blocked")],
)
def test_refused_is_an_end(error: Exception, lost: str) -> None:
    outcome = failed(1, 3, AfterCrash.ASK, "send", error)
    assert isinstance(outcome, Settled)
    assert (outcome.signal, outcome.code, outcome.lost, outcome.strain) == (Signal.FAILED, "7", lost, Strain.NONE)


@pytest.mark.parametrize("error", [Uncertain("молчит"), KeyError("x")])
def test_an_unknown_outcome_goes_by_the_card(error: Exception) -> None:
    asked = failed(1, 1, AfterCrash.ASK, "send", error)
    assert isinstance(asked, Again)
    assert asked.maybe_sent
    repeated = failed(1, 1, AfterCrash.SAME_KEY, "send", error)
    assert isinstance(repeated, Again)
    assert repeated.maybe_sent
    ended = failed(1, 1, AfterCrash.UNKNOWN, "send", error)
    assert isinstance(ended, Settled)
    assert ended.signal is Signal.UNCERTAIN
    edit = failed(1, 1, AfterCrash.UNKNOWN, "edit", error)
    assert isinstance(edit, Again), "an edit is simply repeated"
    assert not edit.maybe_sent


def test_asking_ends_some_day() -> None:
    outcome = failed(1, 10, AfterCrash.ASK, "send", Uncertain("молчит"))
    assert isinstance(outcome, Settled)
    assert outcome.signal is Signal.UNCERTAIN


@given(st.integers(0, 40_000))
def test_pauses_grow_and_are_bounded(tries: int) -> None:
    assert 1.0 <= pause(tries) <= pause(tries + 1) <= LONGEST_PAUSE


@given(st.text(st.characters()))
def test_any_text_can_be_stored(text: str) -> None:
    kept = storable(text, 300)
    assert len(kept) <= 300
    assert "\0" not in kept
    kept.encode()


@given(st.floats(0.5, 500), st.lists(st.floats(0, 0.5), min_size=1, max_size=200))
def test_a_pace_is_never_exceeded(rate: float, gaps: list[float]) -> None:
    pace, time = Pace(rate), 100.0
    moments = []
    for gap in gaps:
        time += gap
        moments.append(time + pace.take(time))
    moments.sort()
    for number in (1, 5, 20):
        for first, last in zip(moments, moments[number:], strict=False):
            assert last - first >= number / rate - BURST - 1e-6


@given(rate=st.floats(0.2, 100.0), stalls=st.lists(st.floats(0.0, 3.0), max_size=60))
def test_no_sliding_second_holds_more_than_the_rate(rate: float, stalls: list[float]) -> None:
    """Also when the machine stands still for a while and everything that waited wakes at once."""
    pace, time = Pace(rate), 50.0
    gone: list[float] = []
    for stall in stalls:
        time += stall if stall > 1 else 0.0
        time += pace.take(time)
        while (wait := pace.gate(time)) > 0:
            time += wait
        gone.append(time)
    most = max(1, int(rate))
    window = most / rate
    assert all(later - first > window for first, later in zip(gone, gone[most:], strict=False))


def test_after_an_outage_it_begins_at_a_quarter_and_grows() -> None:
    pace = Pace(100.0)
    pace.slow_down(50.0)
    assert pace.current(50.0) == 25.0
    assert 25.0 < pace.current(50.0 + RECOVERY / 2) < 100.0
    assert pace.current(50.0 + RECOVERY) == 100.0


def _down() -> Health:
    health = Health()
    assert not health.strained(Strain.DOWN, "нет", 0, AT, begun=1.0, time=2.0)
    assert health.word == "ok", "one failure may be a single broken connection"
    assert health.strained(Strain.DOWN, "нет", 0, AT, begun=2.5, time=3.0)
    return health


def test_two_failures_in_a_row_are_down() -> None:
    health = _down()
    assert (health.word, health.probing, health.wait(AT)) == ("down", True, 1.0)
    assert health.wait(AT + timedelta(seconds=1)) == 0


def test_what_was_under_way_counts_for_nothing() -> None:
    health = _down()
    for _ in range(50):
        assert not health.strained(Strain.DOWN, "нет", 0, AT, begun=2.9, time=3.5)
    assert health.wait(AT) == 1.0
    health.strained(Strain.DOWN, "нет", 0, AT, begun=4.0, time=4.1)
    assert health.wait(AT) == 2.0


def test_an_answer_ends_it() -> None:
    health = _down()
    assert health.good(AT)
    assert (health.word, health.wait(AT)) == ("ok", 0.0)
    assert not health.good(AT), "that was no news"


def test_two_that_meet_by_chance_do_not_stop_a_busy_gateway() -> None:
    health = Health()
    health.good(AT)
    for n in range(7):
        assert not health.strained(Strain.DOWN, "503", 0, AT, 100.0, 100.1 + n / 100)
    assert not health.probing
    assert health.strained(Strain.DOWN, "503", 0, AT, 100.0, 101.0)
    assert health.probing
    health.good(AT)
    later = AT + timedelta(seconds=10)
    assert not health.strained(Strain.DOWN, "нет", 0, later, 211.0, 211.5)
    assert health.strained(Strain.DOWN, "нет", 0, later, 212.0, 212.5), "it has not answered for long"


def test_throttled_waits_as_told_and_broken_until_mended() -> None:
    health = Health()
    health.strained(Strain.SLOW, "часто", 600.0, AT, 0, 0)
    assert health.wait(AT) == 600.0
    health = Health()
    assert health.strained(Strain.BROKEN, "ключ", 0, AT, 0, 0)
    assert (health.word, health.wait(AT)) == ("broken", CHECK_EVERY.total_seconds())
    health.mended()
    assert (health.word, health.wait(AT)) == ("ok", 0.0)


def test_a_clock_turned_back_does_not_hold_an_account() -> None:
    health = _down()
    assert health.wait(AT - timedelta(hours=1)) == 0.0
