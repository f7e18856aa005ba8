"""How accounts spread over workers: each takes its share, and gives back what is over it, one at a time.

Nobody decides for all: every worker knows how many others beat and how many accounts there are, and that is enough.
With whole shares rounded up nothing is given back that would only be given back again.
"""

from __future__ import annotations

import math
from collections.abc import Collection

PATIENCE = 6.0
"""Seconds for which an account nobody holds is left to whoever has less; then anybody takes it."""
SETTLED = 10.0
"""Seconds for which the number of workers must have stood before anything is given back: one that only starts anew
shall find its accounts."""


def share(accounts: int, workers: int) -> int:
    """The most accounts that one of so many workers shall hold."""
    return math.ceil(accounts / max(1, workers))


class Spread:
    """One worker's view. `time` is a monotonic clock's, in seconds."""

    def __init__(self) -> None:
        self._free_since: dict[int, float] = {}
        self._workers = 0
        self._since = float("-inf")

    def look(self, workers: int, free: Collection[int], time: float) -> None:
        """So many workers beat now, this one among them, and nobody holds the accounts `free`."""
        if workers != self._workers:
            self._workers, self._since = workers, time
        self._free_since = {account_id: self._free_since.get(account_id, time) for account_id in free}

    def may_take(self, account_id: int, held: int, accounts: int, time: float) -> bool:
        """Whether this worker, holding `held` of them, shall take this free account."""
        return held < share(accounts, self._workers) or time - self._free_since[account_id] >= PATIENCE

    def uneven(self, held: int, accounts: int) -> bool:
        """Whether this worker holds more than its share, and is to look again."""
        return held > share(accounts, self._workers)

    def too_many(self, held: Collection[int], accounts: int, time: float) -> int | None:
        """One that shall be given back: of the accounts held, the last in order; None when all is fair."""
        if time - self._since < SETTLED or not self.uneven(len(held), accounts):
            return None
        return max(held)
