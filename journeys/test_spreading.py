"""Accounts spread over workers: each takes its share, one that dies leaves its own to the others, and on the way
nothing goes twice."""

from __future__ import annotations

import pytest

from journeys.killable import Killable, counts, kill, killable, until
from priyom.workers.lease import LOCKS

pytestmark = pytest.mark.journey

CHANNELS = ("counted_ask", "counted_once", "counted_unknown")
HELD = """SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = %s AND objid > 0 AND granted
    GROUP BY pid ORDER BY 1"""


def _held(home: Killable) -> list[int]:
    return [row[0] for row in home.rows(HELD, LOCKS)]


def test_two_workers_share_and_one_takes_all_when_the_other_dies() -> None:
    with killable() as home:
        base_url = home.gateway(0.02)
        for channel in CHANNELS:
            home.fill(base_url, channel, 900, pace=30)
        first = home.worker()
        until(lambda: _held(home) == [3])
        second = home.worker()
        until(lambda: _held(home) == [1, 2])
        assert home.rows("SELECT count(*) FROM delivery_delivery WHERE signal = 'uncertain'") == [(0,)]
        assert home.rows("SELECT 1 FROM delivery_delivery WHERE state = 'waiting' LIMIT 1"), "it happens at work"
        kill(first)
        until(lambda: _held(home) == [3])
        home.rows("UPDATE delivery_account SET pace = 1000")
        home.rows("SELECT pg_notify('priyom', 'deliver')")
        open_ones = "SELECT 1 FROM delivery_delivery WHERE state IN ('waiting', 'sending') LIMIT 1"
        until(lambda: home.rows(open_ones) == [])
        delivered = counts(base_url)["delivered"]
        assert set(delivered.values()) == {1}
        missing = 900 * len(CHANNELS) - len(delivered)
        doubts = home.rows("SELECT count(*) FROM delivery_delivery WHERE signal = 'uncertain'")[0][0]
        assert missing <= doubts
        second.terminate()
        assert second.wait(20) == 0
