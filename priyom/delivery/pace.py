"""How fast one account may send: evenly, at its rate; after an outage a quarter of it at first, so that a gateway that
has just come back is not flooded with what gathered meanwhile. In real seconds, as the network's, not by the house's
clock."""

from __future__ import annotations

SLOWED = 0.25
RECOVERY = 30.0
"""Seconds from a quarter back to the full rate."""
BURST = 0.02
"""Seconds' worth of messages that may go at once: below the timer's own grain it cannot be more even."""


class Pace:
    """Give each message its moment. `rate` is messages per second; `time` in the calls is a monotonic clock's."""

    def __init__(self, rate: float) -> None:
        self.rate = rate
        self._next = 0.0
        self._slow_since: float | None = None

    def current(self, time: float) -> float:
        """The rate at this moment."""
        if self._slow_since is None:
            return self.rate
        share = SLOWED + (1 - SLOWED) * max(0.0, time - self._slow_since) / RECOVERY
        if share >= 1:
            self._slow_since = None
            return self.rate
        return self.rate * share

    def slow_down(self, time: float) -> None:
        """Begin again at a quarter."""
        self._slow_since = time
        self._next = max(self._next, time)

    def take(self, time: float) -> float:
        """Reserve the next message's place; seconds to wait until it."""
        start = max(self._next, time - BURST)
        self._next = start + 1 / self.current(time)
        return max(0.0, start - time)
