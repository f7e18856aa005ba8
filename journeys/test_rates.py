"""What the vendor lets an account send in a second is kept exactly, however many workers there are, and used."""

from __future__ import annotations

from statistics import median

import pytest

from journeys.killable import counts, kill, killable, until

pytestmark = pytest.mark.journey

LIMIT, MANY = 40, 240


def _sliding(moments: list[float]) -> list[int]:
    """How many came in the second that begins with each message."""
    ends, last = [], 0
    for first, moment in enumerate(moments):
        while last < len(moments) and moments[last] < moment + 1.0:
            last += 1
        ends.append(last - first)
    return ends


def test_two_workers_never_exceed_the_limit_and_use_it() -> None:
    with killable() as home:
        base_url = home.gateway(0.05)
        home.fill(base_url, "counted_ask", MANY, pace=LIMIT)
        workers = [home.worker(), home.worker()]
        until(lambda: len(counts(base_url)["moments"]) >= MANY // 2)
        kill(workers[0])  # perhaps the one that pumps: the other takes over
        until(lambda: len(counts(base_url)["delivered"]) == MANY)
        found = _sliding(sorted(counts(base_url)["moments"]))
        assert max(found) <= LIMIT
        assert median(found[: MANY // 2 - LIMIT]) >= 0.9 * LIMIT
