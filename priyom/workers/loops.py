"""Loops of ordinary synchronous Django code: each runs in a thread with a connection of its own, takes one thing at a
time, and sleeps until it is woken or the nearest thing is due. Nothing polls."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import InterfaceError, OperationalError, connection

from priyom.foundation.clock import now
from priyom.foundation.remember import remembering

log = logging.getLogger(__name__)

LONGEST_SLEEP = 3600.0
BREATH = 0.2
"""Seconds before looking again at what is due and could not be taken: another loop has it in hand."""
LONGEST_WAIT = 5.0


@dataclass(frozen=True, slots=True)
class Work:
    """What a loop does. `step` takes one thing (False: there was none), `next_due` tells when to look again."""

    name: str
    step: Callable[[], bool]
    next_due: Callable[[], datetime | None]
    wakes: tuple[str, ...]


class Loop(threading.Thread):
    """One thread of one work. `wake` may be called from any thread; `stop` ends it after the step under way."""

    def __init__(self, work: Work) -> None:
        super().__init__(name=work.name, daemon=True)
        self._work = work
        self.wakes = work.wakes
        self._woken = threading.Event()
        self._stopping = False

    def wake(self) -> None:
        """There may be something to do."""
        self._woken.set()

    def stop(self) -> None:
        """Take nothing more."""
        self._stopping = True
        self._woken.set()

    def run(self) -> None:
        """Step by step until stopped; errors are logged and waited out."""
        wait = BREATH
        while not self._stopping:
            try:
                self._round()
                wait = BREATH
            except (OperationalError, InterfaceError) as error:
                log.warning("%s waits for the database: %s", self.name, str(error).strip())
                connection.close()
                self._woken.wait(wait)
                wait = min(LONGEST_WAIT, wait * 2)
            except Exception:
                log.exception("%s: unexpected; going on", self.name)
                connection.close()
                self._woken.wait(wait)
                wait = min(LONGEST_WAIT, wait * 2)
        connection.close()

    def _round(self) -> None:
        self._woken.clear()
        while not self._stopping and self._step():
            pass
        if self._stopping:
            return
        due = self._work.next_due()
        seconds = LONGEST_SLEEP if due is None else max(BREATH, (due - now()).total_seconds())
        self._woken.wait(min(seconds, LONGEST_SLEEP))

    def _step(self) -> bool:
        with remembering():
            return self._work.step()


class Every:
    """A work that is due at each turn of a period of the house's clock."""

    def __init__(self, period: timedelta, perform: Callable[[], object]) -> None:
        self._period = period
        self._perform = perform
        self._last: datetime | None = None

    def step(self) -> bool:
        """Perform when a period has passed (or the clock was turned back)."""
        at = now()
        if self._last is not None and self._last <= at < self._last + self._period:
            return False
        self._last = at
        self._perform()
        return False

    def next_due(self) -> datetime | None:
        """A period after the last one."""
        return None if self._last is None else self._last + self._period
