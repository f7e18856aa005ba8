"""How fast one account may send: evenly, at its rate; after an outage a quarter of it at first, so that a gateway that
has just come back is not flooded with what gathered meanwhile. In real seconds, as the network's, not by the house's
clock."""

from __future__ import annotations

from collections import deque

SLOWED = 0.25
RECOVERY = 30.0
"""Seconds from a quarter back to the full rate."""
BURST = 0.02
"""Seconds' worth of messages that may go at once: below the timer's own grain it cannot be more even."""


SPREAD = 1.05
"""The sliding second is watched this much longer: requests that leave evenly do not arrive quite so."""
WATCHED = 1000.0
"""Above this rate the evenness alone holds the limit: a stall of the machine is then shorter than a second's worth."""


class Pace:
    """Give each message its moment. `rate` is messages per second; `time` in the calls is a monotonic clock's."""

    def __init__(self, rate: float) -> None:
        self.rate = rate
        self._next = 0.0
        self._slow_since: float | None = None
        self._left: deque[float] = deque()

    def after_another(self, time: float) -> None:
        """Somebody else may have sent until just now: the first second belongs to them."""
        self._next = max(self._next, time + SPREAD)

    def gate(self, time: float) -> float:
        """The last look before a message leaves: 0 and it counts as gone, or seconds to wait and look again. However
        long the machine stood still, no sliding second holds more than the rate."""
        if self.rate > WATCHED:
            return 0.0
        most = max(1, int(self.rate))
        window = most / self.rate * SPREAD
        while self._left and self._left[0] <= time - window:
            self._left.popleft()
        if len(self._left) >= most:
            return max(0.001, self._left[0] + window - time)
        self._left.append(time)
        return 0.0

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
