"""What can befall the machines: a worker is stopped and wakes, the way to the database is cut without a word, the disk
is full, the clock is turned. Each time the same claim: no message is lost, none is sent twice where that can be known,
and what cannot be known is listed. With PRIYOM_LONG=1 the trials are longer.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path

import pytest

from journeys.killable import Killable, counts, free_port, hook_status, killable, turn, until
from priyom.delivery.fence import LEASE

pytestmark = pytest.mark.journey

LONG = bool(os.environ.get("PRIYOM_LONG"))
EACH = 6000 if LONG else 600
PACE = 100
CUT = 60.0 if LONG else 13.0
"""Seconds; the shorter is still longer than the server takes to notice a dead network."""
CHANNELS = ("counted_ask", "counted_once", "counted_unknown")
UNDER_WAY = 64
"""A counting channel lets so many be under way at once."""
WORKERS = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = 7713 AND objid = 0 AND granted"
IN_HAND = "SELECT count(*) FROM delivery_delivery WHERE state = 'sending'"
UNDECIDED = "SELECT 1 FROM delivery_delivery WHERE maybe_sent AND state IN ('waiting', 'sending') LIMIT 1"
LATER = """UPDATE delivery_delivery SET due_at = now() - interval '10 minutes'
    WHERE id IN (SELECT id FROM delivery_delivery WHERE state = 'waiting' ORDER BY id DESC LIMIT 5)
    RETURNING id"""


@pytest.fixture(scope="module")
def place() -> Iterator[Killable]:
    """One database for all trials: making it takes longer than some of them."""
    with killable(sandbox=True) as made:
        yield made


@pytest.fixture
def home(place: Killable) -> Iterator[Killable]:
    """The database without accounts; the workers of the trial end with it."""
    before = len(place.processes)
    yield place
    place.end(before)
    turn(place, timedelta(0))
    place.rows("TRUNCATE delivery_account CASCADE")


@pytest.fixture
def gateway(home: Killable) -> str:
    """A counting gateway's address."""
    return home.gateway(0.02)


@contextmanager
def small_disk(home: Killable) -> Iterator[Path]:
    """The database's tables stand on a small disk inside the block."""
    disk = home.data / "disk"
    disk.mkdir()
    owner = home.server.place.account
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size=64m,mode=0700,uid={owner.uid},gid={owner.gid}", "tmpfs", str(disk)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if made.returncode != 0:
        disk.rmdir()
        pytest.skip(f"a small disk can be mounted by root alone: {made.stderr.strip()}")
    try:
        home.rows(f"CREATE TABLESPACE small LOCATION '{disk}'")
        move(home, "pg_default", "small")
        yield disk
        home.end()
        move(home, "small", "pg_default")
        home.rows("DROP TABLESPACE small")
    finally:
        subprocess.run(["umount", "--lazy", str(disk)], check=True)


def move(home: Killable, old: str, new: str) -> None:
    for kind in ("TABLE", "INDEX"):
        home.rows(f"ALTER {kind} ALL IN TABLESPACE {old} SET TABLESPACE {new}")


def stuff(disk: Path) -> None:
    """Leave no room."""
    with (disk / "stuffing").open("wb", buffering=0) as file, suppress(OSError):
        while file.write(bytes(8192)):
            pass


def still(home: Killable, base_url: str) -> tuple[int, int]:
    """Wait until nothing moves; what is settled and what has come to the gateway then."""

    def look() -> tuple[int, int]:
        return done(home), Counter[str](counts(base_url)["came"]).total()

    before = (-1, -1)
    while (found := look()) != before:
        before = found
        time.sleep(1.5)
    return found


def fill(home: Killable, base_url: str) -> dict[str, int]:
    """Accounts with messages that are not due before `begin`."""
    made = home.python("-m", "journeys.fill", base_url, ",".join(CHANNELS), str(EACH), str(PACE))
    accounts = dict(zip(CHANNELS, map(int, made.split()), strict=True))
    home.rows("UPDATE delivery_delivery SET due_at = now() + interval '1 day'")
    return accounts


def workers(home: Killable, number: int) -> None:
    """Wait until so many beat."""
    until(lambda: home.rows(WORKERS)[0][0] == number)


def begin(home: Killable) -> None:
    """Let the messages go, and wait until a quarter of them has gone."""
    home.rows("UPDATE delivery_delivery SET due_at = now()")
    home.rows("SELECT pg_notify('priyom', 'deliver')")
    progress(home, 3 * EACH // 4)


def done(home: Killable) -> int:
    found: int = home.rows("SELECT count(*) FROM delivery_delivery WHERE state = 'settled'")[0][0]
    return found


def progress(home: Killable, by: int = 1, seconds: float = 60.0) -> None:
    """Wait until so many more are settled."""
    before = done(home)
    until(lambda: done(home) >= before + by, seconds)


def finished(home: Killable) -> bool:
    return home.rows("SELECT 1 FROM delivery_delivery WHERE state IN ('waiting', 'sending') LIMIT 1") == []


def check(home: Killable, base_url: str, accounts: dict[str, int]) -> None:
    """Nothing lost; what is doubled or not known is listed."""
    found = counts(base_url)
    delivered, came = Counter[str](found["delivered"]), Counter[str](found["came"])
    signals: dict[str, dict[int, str]] = {
        channel: dict(home.rows("SELECT id, signal FROM delivery_delivery WHERE account_id = %s", account_id))
        for channel, account_id in accounts.items()
    }
    assert {len(of) for of in signals.values()} == {EACH}
    for channel in ("counted_ask", "counted_once"):
        assert set(signals[channel].values()) == {"accepted"}
        assert all(delivered[f"d{number}"] for number in signals[channel]), "a message was lost"
    unknown = signals["counted_unknown"]
    assert set(unknown.values()) <= {"accepted", "uncertain"}
    assert all(delivered[f"d{number}"] for number, signal in unknown.items() if signal == "accepted")
    assert list(unknown.values()).count("uncertain") <= UNDER_WAY, "only what was under way may be unknown"
    listed = dict(home.rows("SELECT delivery_id, kind FROM delivery_doubt"))
    twice = {int(key[1:]) for key, number in delivered.items() if number > 1}
    assert twice <= {number for number, kind in listed.items() if kind == "twice"}, "a message was sent twice"
    assert len(twice) <= 2, "only what stood between the fence and the wire may be doubled"
    assert {number for number, signal in unknown.items() if signal == "uncertain"} <= set(listed)
    assert came.total() <= 3 * EACH + 2 * UNDER_WAY, "only what was under way comes again under its key"


def test_a_worker_is_stopped_and_wakes_with_messages_in_hand(home: Killable, gateway: str) -> None:
    accounts = fill(home, gateway)
    stopped = home.worker()
    workers(home, 1)
    home.worker()
    workers(home, 2)
    begin(home)
    stopped.send_signal(signal.SIGSTOP)
    assert home.rows(IN_HAND)[0][0] > 0, "it must have been stopped with messages in hand"
    progress(home, EACH // 20, seconds=LEASE + 30)  # nobody moves until its lease has ended
    until(lambda: home.rows(UNDECIDED) == [])  # the vendor was asked, what it had not was sent
    stopped.send_signal(signal.SIGCONT)
    until(lambda: finished(home))
    check(home, gateway, accounts)
    stopped.terminate()
    assert stopped.wait(20) == 0, "it goes on living"


def test_the_way_to_the_database_is_cut_without_a_word(home: Killable, gateway: str) -> None:
    accounts = fill(home, gateway)
    way = home.cuttable()
    home.worker(way.url)
    workers(home, 1)
    other = home.worker()
    workers(home, 2)
    begin(home)
    way.cut()
    began = time.monotonic()
    progress(home, EACH // 4)  # the other one has taken over
    time.sleep(max(0.0, CUT - (time.monotonic() - began)))
    way.mend()
    workers(home, 2)
    other.terminate()
    assert other.wait(20) == 0
    if not finished(home):
        progress(home)  # the one that was cut off goes on
    until(lambda: finished(home))
    check(home, gateway, accounts)


def test_the_disk_is_full(home: Killable, gateway: str) -> None:
    accounts = fill(home, gateway)
    secret = home.python("-m", "journeys.hook_secret", str(accounts["counted_ask"])).strip()
    port = free_port()
    with small_disk(home) as disk:
        home.start("-m", "journeys.run_web", str(port))
        home.worker()
        begin(home)
        until(lambda: hook_status(port, 1, secret) == 200)
        stuff(disk)
        updates = iter(range(2, 1_000_000))
        until(lambda: hook_status(port, next(updates), secret) == 503)
        settled, came = still(home, gateway)
        assert settled < 3 * EACH, "there must be something left to send"
        assert came - settled <= 3 * (5 * PACE + UNDER_WAY), "sending stops"
        if LONG:
            time.sleep(30.0)
            assert still(home, gateway)[1] == came
        (disk / "stuffing").unlink()
        until(lambda: hook_status(port, next(updates), secret) == 200)
        until(lambda: finished(home))
        check(home, gateway, accounts)


def test_the_clock_is_set_back_an_hour_and_forward_again(home: Killable, gateway: str) -> None:
    accounts = fill(home, gateway)
    home.worker()
    begin(home)
    turn(home, timedelta(hours=-1), tell=False)
    progress(home, EACH // 4)
    planned = len(home.rows(LATER))  # for fifty minutes from now
    until(lambda: done(home) == 3 * EACH - planned)
    assert home.rows(IN_HAND)[0][0] == 0
    turn(home, timedelta(0), tell=False)
    until(lambda: finished(home), 20)
    check(home, gateway, accounts)
