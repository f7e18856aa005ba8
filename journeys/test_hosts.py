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

PACE = 20.0
"""Messages a second of each account, from its first day: a pump that learns it later has claimed more before."""
LATE = 30.0
"""Seconds after a cut by which whatever was still on a wire has come, or never will."""


def _say(what: str) -> None:
    sys.stdout.write(f"\n  {what}\n")


@pytest.fixture(scope="module")
def machines() -> Iterator[Clinic]:
    """Everything up, the standby synchronous."""
    with clinic() as made:
        made.db.demand(made.db2)
        made.fill(0, PACE)
        made.work()
        made.serve()
        yield made


@pytest.fixture
def home(machines: Clinic) -> Iterator[Clinic]:
    """The machines, with every cable in its place before and after."""
    machines.network.heal()
    yield machines
    machines.network.heal()


def _flows(home: Clinic, count: int) -> None:
    """So many more messages per channel, on their way."""
    before = home.settled()
    home.fill(count, PACE)
    home.until(lambda: home.settled() > before + count // 4, "messages to flow")


def _ends(home: Clinic) -> None:
    home.network.heal()
    home.until(home.over, "every message to come to its end")
    home.found().check()


def test_a_worker_is_cut_off_from_the_database_and_the_other_takes_over(home: Clinic) -> None:
    _flows(home, 160)
    cut = home.holders()[0]
    home.network.cut(cut, "db1", "db2")
    _say(f"taken over after {home.until(lambda: _holds_all(home, cut), 'the other worker', 60):.1f} s")
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
        _flows(home, 140)
        before = home.settled()
        home.network.cut("db1")
        home.db1.kill()
        died = time.monotonic()
        home.db2.promote()
        home.db = home.db2
        home.until(lambda: home.settled() > before + 30, "messages to flow again")
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
    home.until(lambda: home.hook(3_000_000) == 200, "a webhook to be taken")
    assert home.db1.sql("SELECT pg_is_in_recovery()") == [(True,)]
    _flows(home, 20)
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


# What follows takes minutes.


def _cut(home: Clinic, worker: str, target: str, how: str) -> None:
    for end in {"database": ("db1", "db2"), "gateway": ("gateway",)}[target]:
        if how != "answers are lost":
            home.network.lose(worker, end)
        if how != "requests are lost":
            home.network.lose(end, worker)


@long
@pytest.mark.parametrize("seconds", [3, 12, 20, 75])
@pytest.mark.parametrize("how", ["nothing passes", "requests are lost", "answers are lost"])
@pytest.mark.parametrize("targets", [("database",), ("gateway",), ("database", "gateway")], ids="+".join)
def test_a_worker_is_cut_off(home: Clinic, targets: tuple[str, ...], how: str, seconds: float) -> None:
    """Both workers lose the gateway, where it is that which is lost: else the other one hides what happens."""
    _flows(home, 300)
    holder = home.holders()[0]
    begun = time.monotonic()
    for target in targets:
        for worker in ("worker1", "worker2") if targets == ("gateway",) else (holder,):
            _cut(home, worker, target, how)
    time.sleep(seconds)
    home.network.heal()
    home.until(home.over, "every message to come to its end", 300)
    time.sleep(max(0.0, begun + LATE - time.monotonic()))
    found = home.found()
    _say(f"{found.told('counted_unknown')} on the channel that knows neither keys nor questions")
    found.check()


@long
def test_without_its_synchronous_standby_the_primary_waits_until_it_is_told_to_go_on(home: Clinic) -> None:
    _flows(home, 300)
    primary, standby = (home.db1, home.db2) if home.db is home.db1 else (home.db2, home.db1)
    home.network.cut(primary.name, standby.name)
    time.sleep(3)  # what was under way
    before, came = home.settled(), sum(home.counts()["came"].values())
    time.sleep(10)
    assert home.settled() == before
    assert sum(home.counts()["came"].values()) == came, "a message left that the standby does not know of"
    assert home.hook(4_000_000) == 503
    primary.demand(None)
    home.until(lambda: home.settled() > before, "messages to flow again")
    home.until(lambda: home.hook(4_000_000) == 200, "the vendor's repeat to be taken")
    home.network.heal()
    home.until(home.over, "every message to come to its end")
    home.found().check()
    primary.demand(standby)


@long
def test_an_old_primary_that_starts_as_one_can_send_nothing(home: Clinic) -> None:
    """Its standby is gone, so no commit of it is ever done: nothing is claimed there, no webhook answered with 200."""
    old, new = (home.db1, home.db2) if home.db is home.db1 else (home.db2, home.db1)
    _flows(home, 400)
    home.network.cut(old.name)
    old.kill()
    new.promote()
    home.db = new
    home.network.heal()
    old.start()
    with _hooks(home, first=5_000_000) as answered:
        time.sleep(20)
        old.kill()
        home.until(home.over, "every message to come to its end", 300)
    home.found().check()
    assert _kept(home) >= set(answered), "a webhook was answered with 200 and kept by nobody"
    old.follow(new)
    new.demand(old)


@long
@pytest.mark.parametrize("careful", [False, True], ids=["at once", "after after-failover.sql"])
def test_what_an_asynchronous_standby_does_not_know_is_sent_again_unless_it_counts_as_doubtful(careful: bool) -> None:
    """A promise that only a synchronous standby keeps, seen broken; and what can be saved of it by hand."""
    with clinic() as home:
        home.fill(0, PACE)
        home.work()
        _flows(home, 400)
        home.network.cut("db1", "db2")
        behind = home.settled()
        home.until(lambda: home.settled() > behind + 60, "what the standby does not know of")
        home.network.cut("db1")
        home.db1.kill()
        if careful:
            for worker in ("worker1", "worker2"):
                home.processes[worker].kill()
        home.db2.promote()
        home.db = home.db2
        if careful:
            home.after_failover()
            home.work()
        home.until(home.over, "every message to come to its end", 300)
        found = home.found()
        if careful:
            _say(f"{found.told('counted_unknown')} on the channel that knows neither keys nor questions")
            found.check()
        else:
            _say(f"{len(found.twice())} messages were sent twice")
            assert found.twice()
            assert found.twice().isdisjoint(f"d{number}" for number in found.signals["counted_once"])
