"""The fence before the network: a process lets messages leave only while it knows that it holds its accounts.

Whoever holds accounts tells the database so every `BEAT_EVERY` seconds, over the connection that holds their locks. An
answered beat proves that the locks were still ours when the beat left, and nobody takes them sooner than `LEASE` after
it. So for `FENCE` seconds from the moment before the beat messages may leave; a process that was paused, cut off or
suspended finds the fence shut when it wakes, whatever it holds in hand. In the order of time, counted from that moment:

    FENCE           nothing begins to leave any more
    FENCE + grace   what was under way is cut off (`workers/deliver.py`)
    9 s             the server notices a dead network and frees the locks (`config/database.py`)
    LEASE           others end the session of a process that no longer beats (`workers/lease.py`)

Only two ways of losing the locks are faster: the end of the process itself, with which its requests end too, and the
end of the server. For the second a successor asks after what it finds only when the fence of everybody else is shut
(`consequence.TAKEN_OVER`).
"""

from __future__ import annotations

import math
import time

BEAT_EVERY = 2.0
FENCE = 6.0
LEASE = 12.0

CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
"""Goes on while the machine is suspended, and nobody can turn it."""


def moment() -> float:
    """Seconds of the clock that fences go by."""
    return time.clock_gettime(CLOCK)


class Fence:
    """Shut until the first beat. One per process."""

    __slots__ = ("_until",)

    def __init__(self) -> None:
        self._until = -math.inf

    def open(self) -> bool:
        """Whether a message may leave now. Cheap: asked before each one."""
        return time.clock_gettime(CLOCK) < self._until

    def beaten(self, sent: float) -> None:
        """The database has answered a beat; `sent` is the `moment()` before it left."""
        self._until = max(self._until, sent + FENCE)

    def shut(self) -> None:
        """The locks are lost, or may be."""
        self._until = -math.inf
