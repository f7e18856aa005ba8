"""What survives: processes are killed with -9 in the middle of their work, and afterwards nothing is lost, nothing is
sent twice where that can be known, and what cannot be known is listed as such."""

from __future__ import annotations

import threading
import time
from collections import Counter
from datetime import timedelta

import pytest

from journeys.killable import Killable, counts, free_port, kill, killable, mode, post_hook, turn, until

pytestmark = pytest.mark.journey

ASK, ONCE, UNKNOWN = 4000, 3000, 3000
KILLS = 10
HOOKS = 1000


def _finished(home: Killable) -> bool:
    return home.rows("SELECT 1 FROM delivery_delivery WHERE state IN ('waiting', 'sending') LIMIT 1") == []


def _done(home: Killable) -> int:
    found: int = home.rows("SELECT count(*) FROM delivery_delivery WHERE state = 'settled'")[0][0]
    return found


def _fill(home: Killable, base_url: str) -> dict[str, int]:
    sizes = {"counted_ask": ASK, "counted_once": ONCE, "counted_unknown": UNKNOWN}
    return {channel: home.fill(base_url, channel, size) for channel, size in sizes.items()}


def _check(home: Killable, base_url: str, accounts: dict[str, int]) -> int:
    """How many messages are told as uncertain."""
    delivered = Counter(counts(base_url)["delivered"])
    assert max(delivered.values()) == 1, "a message was delivered twice"
    signals: dict[str, dict[int, str]] = {
        channel: dict(home.rows("SELECT id, signal FROM delivery_delivery WHERE account_id = %s", account_id))
        for channel, account_id in accounts.items()
    }
    for channel in ("counted_ask", "counted_once"):
        assert set(signals[channel].values()) == {"accepted"}
        assert all(delivered[f"d{number}"] == 1 for number in signals[channel]), "a message was lost"
    told = Counter(signals["counted_unknown"].values())
    assert told["accepted"] + told["uncertain"] == UNKNOWN
    assert all(delivered[f"d{n}"] for n, signal in signals["counted_unknown"].items() if signal == "accepted")
    assert told["uncertain"] <= UNKNOWN // 10, told
    evidence = home.rows("SELECT DISTINCT evidence FROM delivery_delivery WHERE signal = 'uncertain'")
    assert evidence in ([], [("отправлено, но ответа шлюза мы не получили",)])
    return told["uncertain"]


def test_workers_are_killed_in_the_middle_of_sending() -> None:
    with killable() as home:
        base_url = home.gateway(0.02)
        accounts = _fill(home, base_url)
        total = ASK + ONCE + UNKNOWN
        for number in range(KILLS):
            worker = home.worker()
            until(lambda number=number: _done(home) >= total * (number + 1) // (KILLS + 2))  # type: ignore[misc]
            kill(worker)
        assert not _finished(home), "the kills must strike before the end"
        worker = home.worker()
        until(lambda: _finished(home))
        assert _check(home, base_url, accounts) > 0, "the kills must have struck something under way"
        worker.terminate()
        assert worker.wait(20) == 0


def test_the_database_is_killed_in_the_middle_of_sending() -> None:
    with killable() as home:
        base_url = home.gateway(0.02)
        accounts = _fill(home, base_url)
        total = ASK + ONCE + UNKNOWN
        home.worker()
        home.worker()
        for number in range(3):
            until(lambda number=number: _done(home) >= total * (number + 1) // 5)  # type: ignore[misc]
            home.kill_database()
        until(lambda: _finished(home))
        _check(home, base_url, accounts)


def test_another_worker_takes_over() -> None:
    with killable() as home:
        base_url = home.gateway(0.02)
        home.fill(base_url, "counted_ask", 3000)
        first, _ = home.worker(), home.worker()
        until(lambda: _done(home) >= 500)
        kill(first)
        until(lambda: _finished(home))
        assert set(counts(base_url)["delivered"].values()) == {1}


def test_the_web_process_is_killed_in_the_middle_of_webhooks() -> None:
    with killable() as home:
        account_id = home.fill("http://127.0.0.1:1", "counted_ask", 0)
        secret = home.python("-m", "journeys.hook_secret", str(account_id)).strip()
        port = free_port()
        web = home.start("-m", "journeys.run_web", str(port))
        taken, lock, left = set[int](), threading.Lock(), iter(range(HOOKS))

        def gateway() -> None:
            for update in left:
                while not post_hook(port, update, secret):
                    time.sleep(0.05)
                with lock:
                    taken.add(update)

        threads = [threading.Thread(target=gateway) for _ in range(8)]
        for thread in threads:
            thread.start()
        for number in range(1, 4):
            until(lambda number=number: len(taken) > HOOKS * number // 5)  # type: ignore[misc]
            kill(web)
            web = home.start("-m", "journeys.run_web", str(port))
        for thread in threads:
            thread.join()
        rows = home.rows("SELECT update_key, count(*) FROM delivery_rawupdate GROUP BY 1")
        assert {int(key): number for key, number in rows} == dict.fromkeys(range(HOOKS), 1)


def test_a_gateway_is_down_for_an_hour_and_nothing_floods_when_it_returns() -> None:
    with killable(sandbox=True) as home:
        base_url = home.gateway(0.02)
        mode(base_url, "down")
        account_id = home.fill(base_url, "counted_ask", 600, pace=200)
        home.worker()
        until(lambda: home.rows("SELECT health FROM delivery_account")[0][0] == "down")
        for quarter in range(1, 5):
            before = counts(base_url)["refused"]
            turn(home, timedelta(minutes=15 * quarter))
            until(lambda before=before: counts(base_url)["refused"] > before)  # type: ignore[misc]
        refused = counts(base_url)["refused"]
        assert refused < 64 + 20, "while it is down one probe goes at a time"
        mode(base_url, "ok")
        turn(home, timedelta(minutes=61))
        until(lambda: _finished(home))
        found = counts(base_url)
        assert set(found["delivered"].values()) == {1}
        assert len(found["delivered"]) == 600
        seconds = sorted((int(second), number) for second, number in found["seconds"].items())
        assert max(number for _, number in seconds[:3]) <= 100, "it begins again at a quarter of its pace"
        assert home.rows("SELECT health FROM delivery_account WHERE id = %s", account_id) == [("ok",)]
