"""Priyom on several machines: cables are pulled, one direction at a time too, and the database's machine dies. Nothing
is lost, nothing is sent twice where that can be known, and the other machine takes over.

Two stories run always; the rest with PRIYOM_LONG=1. How long things took is printed (`-s`), not asserted.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from journeys.hosts.clinic import Clinic, clinic
from journeys.hosts.network import why_not

WHY_NOT = why_not()
LONG = bool(os.environ.get("PRIYOM_LONG"))
pytestmark = [pytest.mark.journey, pytest.mark.skipif(bool(WHY_NOT), reason=WHY_NOT)]
long = pytest.mark.skipif(not LONG, reason="minutes long: PRIYOM_LONG=1")

LATE = 30.0
"""Seconds after a cut by which whatever was still on a wire has come, or never will."""


def _say(what: str) -> None:
    sys.stdout.write(f"\n  {what}\n")


@pytest.fixture(scope="module")
def home() -> Iterator[Clinic]:
    """Everything up, the standby synchronous."""
    with clinic() as made:
        made.db.demand(made.db2)
        made.fill(0)
        made.work()
        made.serve()
        yield made


@pytest.fixture(autouse=True)
def cables(home: Clinic) -> Iterator[None]:
    """No story leaves a cut behind."""
    yield
    home.network.heal()


def _flows(home: Clinic, count: int, pace: float) -> None:
    """So many more messages per channel, on their way."""
    before = home.settled()
    home.fill(count, pace)
    home.until(lambda: home.settled() > before + count // 4, "messages to flow")


def _ends(home: Clinic) -> None:
    home.network.heal()
    home.until(home.over, "every message to come to its end")
    home.found().check()


def test_a_worker_is_cut_off_from_the_database_and_the_other_takes_over(home: Clinic) -> None:
    _flows(home, 500, 40)
    cut = home.holders()[0]
    home.network.cut(cut, "db1", "db2")
    _say(f"taken over after {home.until(lambda: _holds_all(home, cut), 'the other worker'):.1f} s")
    _ends(home)


def _holds_all(home: Clinic, but: str) -> bool:
    holders = home.holders()
    return len(holders) == len(home.accounts) and but not in holders


def test_the_web_is_cut_off_from_the_database_and_the_vendor_repeats(home: Clinic) -> None:
    home.network.cut("web", "db1", "db2")
    begun = time.monotonic()
    assert home.hook(1_000_000) == 503
    _say(f"refused after {time.monotonic() - begun:.1f} s")
    home.network.heal()
    assert [home.hook(1_000_000), home.hook(1_000_000)] == [200, 200]
    assert _kept(home) >= {1_000_000}


def _kept(home: Clinic) -> set[int]:
    rows = home.rows("SELECT update_key, count(*) FROM delivery_rawupdate GROUP BY 1")
    assert all(number == 1 for _, number in rows), "a webhook was kept twice"
    return {int(key) for key, _ in rows}


def test_the_primary_dies_and_its_standby_is_promoted(home: Clinic) -> None:
    with _hooks(home, first=2_000_000) as answered:
        _flows(home, 400, 20)
        before = home.settled()
        home.network.cut("db1")
        home.db1.kill()
        died = time.monotonic()
        home.db2.promote()
        home.db = home.db2
        home.until(lambda: home.settled() > before + 50, "messages to flow again")
        _say(f"messages flow again {time.monotonic() - died:.1f} s after the primary's death")
        at_death = len(answered)
        home.until(lambda: len(answered) > at_death, "webhooks to be taken again")
        home.until(home.over, "every message to come to its end")
    home.found().check()
    assert _kept(home) >= set(answered), "a webhook was answered with 200 and lost"
    # The old primary comes back as a standby: it stands first in the address, and is passed over.
    home.network.heal()
    home.db1.follow(home.db2)
    home.db.demand(home.db1)
    assert home.hook(3_000_000) == 200
    assert home.db1.sql("SELECT pg_is_in_recovery()") == [(True,)]
    _flows(home, 20, 0)
    _ends(home)


@contextmanager
def _hooks(home: Clinic, first: int) -> Iterator[list[int]]:
    """A vendor that calls, and repeats each call until it is answered with 200; those that were."""
    answered: list[int] = []
    stop = threading.Event()

    def call() -> None:
        update = first
        while not stop.is_set():
            if home.hook(update) == 200:
                answered.append(update)
                update += 1
            stop.wait(0.05)

    thread = threading.Thread(target=call)
    thread.start()
    try:
        yield answered
    finally:
        stop.set()
        thread.join()
