"""Keeps the rows that tell who has a thread open, for the pages of this process: written when the first page comes,
said again every few seconds, removed a moment after the last one has gone (a reload is no leaving)."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Set as AbstractSet
from contextlib import suppress

import psycopg

from priyom.delivery.database import Database
from priyom.inbox.looking import STILL_EVERY, Pair, gone_values, seen_values, sql

log = logging.getLogger(__name__)

GRACE = 3.0
"""Seconds."""
AGAIN = 1.0
"""Seconds before another try, while the database is away."""


class Lookers:
    """Brings the table to what the pages are. Its task lives while there is something to keep or to remove."""

    def __init__(self, database: Database, *, grace: float = GRACE) -> None:
        self._database = database
        self._grace = grace
        self._open: Counter[Pair] = Counter()
        self._kept: set[Pair] = set()
        self._leaving: dict[Pair, float] = {}
        self._changed = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def come(self, pair: Pair) -> None:
        """A page has opened this thread."""
        self._open[pair] += 1
        self._leaving.pop(pair, None)
        if pair not in self._kept:
            self._stir()

    def go(self, pair: Pair) -> None:
        """It has gone, or shows another one."""
        self._open[pair] -= 1
        if self._open[pair] <= 0:
            del self._open[pair]
            self._leaving[pair] = asyncio.get_running_loop().time() + self._grace
            self._stir()

    def heard(self, words: AbstractSet[str]) -> None:
        """Somebody came or went at these threads. The same person may have had one open in another process, too, which
        has removed the row: it is written again."""
        missing = {pair for pair in self._kept & self._open.keys() if f"looking:{pair[0]}" in words}
        if missing:
            self._kept -= missing
            self._stir()

    def _stir(self) -> None:
        self._changed.set()
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._keep(), name="lookers")

    def _busy(self) -> bool:
        return bool(self._open or self._kept or self._leaving)

    async def _keep(self) -> None:
        try:
            await self._keep_while_busy()
        finally:  # also where the process ends meanwhile
            self._database.let_go()

    async def _keep_while_busy(self) -> None:
        loop = asyncio.get_running_loop()
        said = loop.time()
        while self._busy():
            self._changed.clear()
            again = loop.time() - said >= STILL_EVERY.total_seconds()
            said = loop.time() if again else said
            try:
                await self._settle(loop.time(), again)
                if self._busy():
                    await self._wait(said + STILL_EVERY.total_seconds() - loop.time())
            except psycopg.Error as error:
                log.warning("who looks at which thread cannot be written down: %s", str(error).strip())
                await asyncio.sleep(AGAIN)

    async def _wait(self, longest: float) -> None:
        moment = asyncio.get_running_loop().time()
        nearest = min([longest, *(at - moment for at in self._leaving.values())])
        with suppress(TimeoutError):
            await asyncio.wait_for(self._changed.wait(), max(0.01, nearest))

    async def _settle(self, moment: float, again: bool) -> None:
        here = set(self._open)
        if fresh := here if again else here - self._kept:
            await self._database.rows(sql["looking_here"], seen_values(list(fresh)))
            self._kept |= fresh
        due = {pair for pair, at in self._leaving.items() if at <= moment}
        if gone := due - set(self._open):
            await self._database.rows(sql["looking_gone"], gone_values(list(gone)))
            self._kept -= gone - set(self._open)
        for pair in due:
            self._leaving.pop(pair, None)
