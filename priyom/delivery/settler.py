"""Gathers the results of attempts and writes them down in batches. While the database is away it keeps them and tries
again; writing the same result twice changes nothing, so a lost answer of the database does no harm."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import suppress

import psycopg
from django.db import connections

from priyom.delivery.consequence import Again, Outcome, Settled
from priyom.delivery.database import Database
from priyom.delivery.settle import lose, mark_edited, put_back, settle

log = logging.getLogger(__name__)

GATHER = 0.05
"""Seconds to gather results for one statement."""
MOST = 500
SOON = 32
"""So many results that a crash would make uncertain are written at once."""
LONGEST_WAIT = 5.0

Done = Callable[[int], None]


class Settler:
    """One per process and event loop. `put` never waits; `run` writes until it is cancelled, `flush` until empty."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: list[tuple[Outcome, Done | None]] = []
        self._writing: list[tuple[Outcome, Done | None]] = []
        self._some = asyncio.Event()
        self._full = asyncio.Event()
        self._pressing = 0
        self._one_at_a_time = asyncio.Lock()

    def put(self, outcome: Outcome, done: Done | None = None, *, pressing: bool = False) -> None:
        """Write this down soon; `done` is called with the delivery's id when it is. `pressing`: a crash before that
        would leave it uncertain."""
        self._waiting.append((outcome, done))
        self._some.set()
        self._pressing += pressing
        if len(self._waiting) >= MOST or self._pressing >= SOON:
            self._full.set()

    def ids(self) -> set[int]:
        """Deliveries whose results are not written yet."""
        return {outcome.delivery_id for outcome, _ in (*self._waiting, *self._writing)}

    async def run(self) -> None:
        """Write batch after batch."""
        while True:
            await self._some.wait()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._full.wait(), GATHER)
            async with self._one_at_a_time:
                await self._batch()

    async def flush(self) -> None:
        """Write all there is; while the database is away, keep trying."""
        async with self._one_at_a_time:
            while self._writing or self._waiting:
                await self._batch()

    async def _batch(self) -> None:
        """Write one batch, however long the database is away."""
        if not self._writing:
            self._writing, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
        self._pressing = 0
        if not self._waiting:
            self._some.clear()
        if len(self._waiting) < MOST:
            self._full.clear()
        wait = 0.1
        while self._writing:
            try:
                await self._write()
            except psycopg.OperationalError as error:
                log.warning("results wait for the database: %s", str(error).strip())
                await asyncio.sleep(wait)
                wait = min(LONGEST_WAIT, wait * 2)

    async def _write(self) -> None:
        outcomes = [outcome for outcome, _ in self._writing]
        try:
            await self._write_these(outcomes)
        except psycopg.OperationalError:
            raise
        except psycopg.Error:
            log.exception("a batch of results was refused; writing them one by one")
            await self._write_singly(outcomes)
        written, self._writing = self._writing, []
        for outcome, done in written:
            if done is not None:
                done(outcome.delivery_id)

    async def _write_singly(self, outcomes: Sequence[Outcome]) -> None:
        for outcome in outcomes:
            try:
                await self._write_these([outcome])
            except psycopg.OperationalError:
                raise
            except psycopg.Error:
                log.exception("the result of delivery %s cannot be written: %r", outcome.delivery_id, outcome)

    async def _write_these(self, outcomes: Sequence[Outcome]) -> None:
        ends = [outcome for outcome in outcomes if isinstance(outcome, Settled)]
        again = [outcome for outcome in outcomes if isinstance(outcome, Again)]
        lost = [end for end in ends if end.lost]
        if lost:
            await asyncio.to_thread(_lose, lost)
        if ends:
            await settle(self._database, ends)
        if again:
            await put_back(self._database, again)
        edits = [end.delivery_id for end in ends if end.of_edit]
        if edits:
            await mark_edited(self._database, edits)


def _lose(items: Sequence[Settled]) -> None:
    try:
        lose(items)
    except Exception:
        # The signal matters more than the note on the contact point, and the next attempt will tell it again.
        log.exception("contact points could not be marked as lost")
    finally:
        connections.close_all()
