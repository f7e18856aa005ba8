"""The computer's clock may be turned: set right at last, or a machine that had slept wakes. Loops sleep by a clock that
is never turned, up to an hour, so they are woken; and what was to go at once must not wait for the old time to come
again."""

from __future__ import annotations

import logging
import time
from pathlib import Path

from priyom.delivery.database import Database
from priyom.foundation.clock import now
from priyom.foundation.sql import Statements

log = logging.getLogger(__name__)
sql = Statements(Path(__file__).parent / "sql")

MUCH = 1.0
"""Seconds; less is a clock that is being corrected little by little."""


class Turns:
    """Watches the house's clock against the one that only goes forward."""

    def __init__(self) -> None:
        self._ahead = self._now()

    def look(self) -> float:
        """Seconds by which the clock was turned since the last look; 0 when it was not."""
        before, self._ahead = self._ahead, self._now()
        turned = self._ahead - before
        if abs(turned) < MUCH:
            return 0.0
        log.warning("the clock was turned by %.0f s", turned)
        return turned

    @staticmethod
    def _now() -> float:
        return now().timestamp() - time.monotonic()


async def turned_back(database: Database, seconds: float | None = None) -> None:
    """Let what was to go at once by the old time go at once by this one. `seconds`: by how much it was turned, if that
    was seen; forward nothing is held up, and what seems to lie ahead of us was only written a moment after we looked.
    Raises psycopg.Error."""
    if seconds is not None and seconds > 0:
        return
    [(deliveries, updates, facts)] = await database.rows(sql["turned_back"], {"now": now(), "seconds": seconds})
    if deliveries or updates or facts:
        log.warning("after the clock was turned back: %s deliveries, %s updates, %s facts", deliveries, updates, facts)
