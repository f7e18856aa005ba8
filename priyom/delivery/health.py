"""Whether an account may send now: open; down, with one probe at a time; paused by the gateway; or broken until a
person or a live check mends it. Pure memory; the pump writes it down and other processes never need it."""

from __future__ import annotations

from datetime import datetime, timedelta

from priyom.delivery.consequence import LONGEST_PAUSE, Strain, pause

ENOUGH, MANY = 2, 8
"""So many failures in a row make an account `down`: one may be a single broken connection, and at a busy gateway that
has just taken others two may meet by chance."""
JUST = timedelta(seconds=10)
"""For so long an answer proves that the gateway is alive."""
CHECK_EVERY = timedelta(minutes=5)


class Health:
    """One account's. `at` in the calls is the house's clock; `begun` and `time` are a monotonic clock's."""

    def __init__(self, health: str = "ok", paused_until: datetime | None = None) -> None:
        self.why = ""
        self.paused_until = paused_until
        self._failures = 0
        self._probes = int(health == "down")
        """Failures since it is down; 0: it is not."""
        self._well_at: datetime | None = None
        self._broken = health == "broken"
        self._next_at: datetime | None = None
        self._counted = 0.0

    @property
    def word(self) -> str:
        """ok | down | broken"""
        return "broken" if self._broken else "down" if self.probing else "ok"

    @property
    def probing(self) -> bool:
        """Only one attempt at a time may go."""
        return self._probes > 0

    @property
    def broken(self) -> bool:
        """Nothing may go."""
        return self._broken

    def wait(self, at: datetime) -> float:
        """Seconds until something may go (for a broken one: until the next check); 0 now."""
        seconds = 0.0
        if self.paused_until is not None:
            seconds = (self.paused_until - at).total_seconds()
        if self._next_at is not None and (self._broken or self.probing):
            left = (self._next_at - at).total_seconds()
            # A clock turned back must not hold the account longer than the longest pause.
            limit = CHECK_EVERY.total_seconds() if self._broken else LONGEST_PAUSE
            seconds = max(seconds, left if left <= limit else 0.0)
        return max(0.0, seconds)

    def good(self, at: datetime) -> bool:
        """An attempt was answered. True when the account had been down: it begins again slowly."""
        was_down, self._failures, self._probes, self._well_at = self.probing, 0, 0, at
        if was_down:
            self.why = ""
        return was_down

    def strained(self, strain: Strain, why: str, after: float, at: datetime, begun: float, time: float) -> bool:
        """An attempt begun at `begun` showed this; True when it is worth writing down."""
        if strain is Strain.SLOW:
            self.paused_until = max(at + timedelta(seconds=after), self.paused_until or at)
            return True
        if strain is Strain.BROKEN:
            return self.broke(why, at)
        if self.probing and begun < self._counted:
            return False  # it was under way when the first ones failed: it tells nothing new
        before = self.word
        self._failures += 1
        self._counted = time
        lately = self._well_at is not None and timedelta(0) <= at - self._well_at < JUST
        if self.probing or self._failures >= (MANY if lately else ENOUGH):
            self._probes += 1
        self._next_at = at + timedelta(seconds=pause(self._probes))
        self.why = why
        return self.word != before

    def broke(self, why: str, at: datetime) -> bool:
        """The account itself is at fault; True when that is new."""
        new, self._broken, self.why = not self._broken, True, why
        self._next_at = at + CHECK_EVERY
        return new

    def mended(self) -> None:
        """A person or a check has put it right."""
        self._broken, self._failures, self._probes, self._next_at, self.why = False, 0, 0, None, ""
