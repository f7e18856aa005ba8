"""Turning the one clock: a walk from one planned moment to the next, with a rest at each until the house has done what
was due, so that every reminder goes at its own time and a day of cascades is seen in a minute."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from priyom.sandbox.duration import whole_minutes, write_moment

FURTHEST = timedelta(days=400)
LONG = timedelta(days=3)
"""Walks longer than this step by five minutes instead of one."""
POLL = 0.006
PATIENCE = 12.0
"""Seconds without any progress after which a step is left behind: a slow gateway answers after three, and a busy
machine may need longer for its part."""
IMPATIENCE = 0.15
"""The same once a step was left behind: whoever does not work now will hardly work at the next step."""
STEP_LIMIT = 20.0
STALLED_LIMIT = 45.0
WALK_LIMIT = 300.0

Busy = tuple[int, ...]


class Backwards(ValueError):
    """The clock was asked to go back."""


class House(Protocol):
    """What the walk must know of the house."""

    async def next_due(self, after: datetime) -> datetime | None:
        """The nearest planned moment after `after`."""

    async def busy(self, at: datetime) -> Busy:
        """How much is to be done right now, by sort; all zeros: quiet."""

    async def wake(self) -> None:
        """Tell every loop that the clock was turned."""


class TurnedClock(Protocol):
    """What the walk needs of a clock; `foundation.clock.clock` is one."""

    @property
    def offset(self) -> timedelta:
        """How far it is ahead."""

    def now(self) -> datetime:
        """Its moment, aware UTC."""

    def turn(self, offset: timedelta) -> None:
        """Set how far it is ahead."""


@dataclass(slots=True)
class Strength:
    """How much waiting a walk has left, in real seconds."""

    began: float
    patience: float
    stalled: float = 0.0

    def left(self) -> bool:
        """Whether the walk may still wait for the house."""
        return self.stalled < STALLED_LIMIT and time.monotonic() - self.began < WALK_LIMIT


class Turner:
    """Turns the clock, one walk at a time. `tell` is called whenever the picture of the clock has changed."""

    def __init__(self, house: House, clock: TurnedClock, tell: Callable[[], None] = lambda: None) -> None:
        self._house = house
        self._clock = clock
        self._tell = tell
        self._lock = asyncio.Lock()
        self.target: datetime | None = None

    def picture(self) -> dict[str, Any]:
        """The clock as the contract has it; `target` is where it is being turned to."""
        return {
            "now": write_moment(self._clock.now()),
            "offset_seconds": round(self._clock.offset.total_seconds(), 3),
            "turning": self.target is not None,
            "target": self.target and write_moment(self.target),
        }

    async def advance(self, by: timedelta) -> None:
        """Turn by so much. Raises Backwards."""
        async with self._lock:
            await self._walk(self._clock.now() + by)

    async def to(self, target: datetime) -> None:
        """Turn to that moment. Raises Backwards."""
        async with self._lock:
            await self._walk(target)

    async def _walk(self, target: datetime) -> None:
        start = self._clock.now()
        if target < start:
            raise Backwards("Назад часы не идут: то, что уже отправлено, не вернуть")
        if target - start > FURTHEST:
            raise Backwards(f"За один раз часы переводятся не дальше чем на {FURTHEST.days} дней")
        self.target = target
        strength = Strength(time.monotonic(), PATIENCE)
        grain = timedelta(minutes=5 if target - start > LONG else 1)
        try:
            await self._rest(strength)
            while (at := self._clock.now()) < target:
                due = await self._house.next_due(at) if strength.left() else None
                step = target if due is None else min(whole_minutes(due, grain), target)
                self._turn(step)
                self._tell()
                await self._house.wake()
                await self._rest(strength)
        finally:
            self.target = None
            self._tell()

    def _turn(self, step: datetime) -> None:
        ahead = step - self._clock.now()
        if ahead > timedelta(0):
            self._clock.turn(self._clock.offset + ahead)

    async def _rest(self, strength: Strength) -> None:
        """Wait until the house is quiet, as long as it makes progress and the walk has strength."""
        began = moved = time.monotonic()
        seen: Busy = ()
        while strength.left():
            busy = await self._house.busy(self._clock.now())
            if not any(busy):
                strength.patience = PATIENCE
                return
            if seen and busy != seen:
                moved = time.monotonic()
            seen = busy
            if time.monotonic() - moved > strength.patience or time.monotonic() - began > STEP_LIMIT:
                strength.stalled += time.monotonic() - moved
                strength.patience = IMPATIENCE
                return
            await asyncio.sleep(POLL)
