"""A worker that falls silent is ended with all its sessions, and nobody else; a turned clock or a slow database ends
nobody; the fence stands open for a while after a beat, and only then."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.database import NOTICED
from priyom.delivery import fence
from priyom.delivery.consequence import ASK_AFTER, TAKEN_OVER
from priyom.delivery.database import Database, conninfo, cut
from priyom.delivery.fence import BEAT_EVERY, FENCE, LEASE, Fence
from priyom.foundation.http import GIVE_UP
from priyom.workers.deliver import GRACE
from priyom.workers.lease import BEAT, END, END_OURS, LOCKS, NAME, PREFIX, SIGN, Others, Pulse

MORNING = datetime(2026, 11, 22, 6, tzinfo=UTC)


def pulse(pid: int, beats: int) -> Pulse:
    return Pulse(pid, MORNING, MORNING + timedelta(seconds=beats), "")


def test_nobody_is_given_accounts_while_another_may_send() -> None:
    """The order of time that the fence's docstring tells."""
    assert 2 * BEAT_EVERY < FENCE, "one beat may be lost"
    assert FENCE + GRACE < NOTICED < LEASE
    assert FENCE + GRACE + ASK_AFTER <= TAKEN_OVER
    assert ASK_AFTER > GIVE_UP


def test_the_fence_is_open_for_a_while_after_a_beat() -> None:
    made = Fence()
    assert not made.open()
    made.beaten(fence.moment() - FENCE + 60)
    assert made.open()
    made.beaten(fence.moment() - 2 * FENCE)  # an answer that came late takes nothing back
    assert made.open()
    made.shut()
    assert not made.open()
    made.beaten(fence.moment() - FENCE)
    assert not made.open(), "the moment before the beat counts, not that of the answer"


def test_the_silent_one_is_found_and_the_living_are_not() -> None:
    others, found = Others(), []
    for number in range(20):
        at = number * BEAT_EVERY
        seen = others.look([pulse(1, min(number, 3)), pulse(2, number)], at, at + 0.1)
        found += [(at, silent.pid) for silent in seen]
    first, pid = found[0]
    assert pid == 1
    assert LEASE <= first - 3 * BEAT_EVERY <= LEASE + BEAT_EVERY
    assert {pid for _, pid in found} == {1}


def test_a_slow_database_or_a_pause_of_ours_counts_for_nobody() -> None:
    others = Others()
    for number in range(6):
        assert others.look([pulse(1, 0)], number * BEAT_EVERY, number * BEAT_EVERY + 0.1) == []
    assert others.look([pulse(1, 0)], 100.0, 100.1) == [], "we have slept"
    assert others.look([pulse(1, 0)], 102.0, 120.0) == [], "the database has"
    assert others.look([pulse(1, 0)], 122.0, 122.1) == []


@given(st.lists(st.tuples(st.floats(0.1, 20), st.floats(0, 4), st.booleans()), max_size=60))
def test_whoever_is_ended_stood_still_under_our_eyes(steps: list[tuple[float, float, bool]]) -> None:
    """`steps`: the rest before a look, how long the look took, whether the other beat before it."""
    others, time, beats = Others(), 0.0, 0
    since, last = 0.0, float("-inf")  # the end of the first look of an unbroken row that saw this pulse
    for rest, took, beat in steps:
        time += rest
        beats += beat
        whole = time - last <= 2 * BEAT_EVERY and took <= BEAT_EVERY
        if beat or not whole:
            since = time + took
        silent = others.look([pulse(1, beats)], time, time + took)
        assert not silent or time - since >= LEASE - 1e-6
        time = last = time + took


@pytest.fixture
def sessions(transactional_db: None) -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def session(stack: ExitStack, name: str, *, signs: bool = False) -> psycopg.Connection:
    made = stack.enter_context(psycopg.connect(conninfo(), autocommit=True, application_name=name))
    if signs:
        made.execute(SIGN, (LOCKS,))
    return made


def alive(made: psycopg.Connection) -> bool:
    try:
        made.execute("SELECT 1")
    except psycopg.OperationalError:
        return False
    return True


def looked(watcher: psycopg.Connection) -> list[Pulse]:
    return [Pulse(*row) for row in watcher.execute(BEAT, (LOCKS,)).fetchall()]


def end(watcher: psycopg.Connection, silent: Pulse) -> None:
    watcher.execute(END, (PREFIX + "%", NAME, *silent[:3]))


def test_the_silent_one_is_ended_with_all_its_sessions(sessions: ExitStack) -> None:
    guard, other_of_it = session(sessions, PREFIX + "a", signs=True), session(sessions, PREFIX + "a")
    living, watcher = session(sessions, PREFIX + "b", signs=True), session(sessions, PREFIX + "c", signs=True)
    web = session(sessions, "web")
    guard.execute("SELECT pg_advisory_lock(%s, 5)", (LOCKS,))
    [silent] = [found for found in looked(watcher) if found.name == PREFIX + "a"]
    end(watcher, silent)
    assert [alive(made) for made in (guard, other_of_it, living, watcher, web)] == [False, False, True, True, True]
    watcher.execute("SET lock_timeout = '5s'")
    watcher.execute("SELECT pg_advisory_lock(%s, 5)", (LOCKS,))


def test_one_that_has_beaten_meanwhile_lives_on(sessions: ExitStack) -> None:
    guard, watcher = session(sessions, PREFIX + "a", signs=True), session(sessions, PREFIX + "b", signs=True)
    [seen] = looked(watcher)
    assert alive(guard)  # a beat
    end(watcher, seen)
    assert alive(guard)


def test_sessions_without_a_name_of_ours_are_ended_alone(sessions: ExitStack) -> None:
    guard, other = session(sessions, "", signs=True), session(sessions, "")
    watcher = session(sessions, PREFIX + "b", signs=True)
    [silent] = looked(watcher)
    end(watcher, silent)
    assert [alive(guard), alive(other)] == [False, True]


def test_an_earlier_session_of_our_own_is_ended_and_no_other(sessions: ExitStack) -> None:
    old, pool = session(sessions, NAME, signs=True), session(sessions, NAME)
    other, new = session(sessions, PREFIX + "b", signs=True), session(sessions, NAME)
    new.execute(END_OURS, (LOCKS, NAME))
    assert [alive(made) for made in (old, pool, other, new)] == [False, True, True, True]


def test_who_waits_on_a_connection_that_is_cut_goes_on_at_once(transactional_db: None) -> None:
    async def go() -> None:
        database = Database()
        held = await database.open()
        asyncio.get_running_loop().call_later(0.2, cut, held)
        with pytest.raises(psycopg.OperationalError):
            await held.execute("SELECT pg_sleep(2)")
        asyncio.get_running_loop().call_later(0.2, database.cut)
        with pytest.raises(psycopg.OperationalError):
            await database.rows("SELECT pg_sleep(2)")
        asleep = "SELECT count(*) FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(2)' AND state = 'active'"
        for _ in range(200):  # the server learns of it when it is done
            if await database.rows(asleep) == [(0,)]:
                break
            await asyncio.sleep(0.1)
        await held.close()
        await database.close()

    asyncio.run(asyncio.wait_for(go(), 30))
