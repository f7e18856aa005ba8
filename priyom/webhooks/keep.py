"""Webhooks that come together are kept together: one statement and one commit for all that waited while the last one
was under way. The more come, the larger the batches; one that comes alone waits for nobody."""

from __future__ import annotations

import asyncio
import logging
from collections import deque

import psycopg

from priyom.contracts.channel import Request
from priyom.delivery.incoming import Known, Row, many_values, row_of, sql
from priyom.webhooks.within import PATIENCE, Away, Within

log = logging.getLogger(__name__)

MOST_WAITING = 2000
MOST_ROWS = 500
MOST_BYTES = 4 * 1024 * 1024
"""Of a batch; a larger webhook goes alone."""


class Crowded(Exception):
    """Too many wait already."""


class Keeper:
    """Keeps webhooks durably, in the order in which they came. Use it inside one event loop."""

    def __init__(self, database: Within) -> None:
        self._database = database
        self._waiting: deque[tuple[Row, asyncio.Future[bool]]] = deque()
        self._writing: asyncio.Task[None] | None = None

    async def keep(self, known: Known, came: Request) -> bool:
        """True: it is durable, now or since its first coming. False: the account is not any more as it is `known`, and
        nothing was kept. Raises Away (it may be kept all the same) and Crowded (nothing was kept)."""
        if len(self._waiting) >= MOST_WAITING:
            raise Crowded
        kept: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.append((row_of(known, came), kept))
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write())
        try:
            return await asyncio.wait_for(kept, PATIENCE + 0.5)
        except TimeoutError:
            raise Away("too many are before it") from None

    async def _write(self) -> None:
        while batch := self._batch():
            rows = [row for row, _ in batch]
            try:
                kept: list[bool | None] = list(await self._store(rows))
            except Away:
                kept = [None] * len(batch)
            except psycopg.Error:
                kept = [await self._alone(row) for row in rows]
            for (_, future), done in zip(batch, kept, strict=True):
                if not future.done():
                    if done is None:
                        future.set_exception(Away("not kept"))
                    else:
                        future.set_result(done)

    def _batch(self) -> list[tuple[Row, asyncio.Future[bool]]]:
        batch: list[tuple[Row, asyncio.Future[bool]]] = []
        size = 0
        while self._waiting and len(batch) < MOST_ROWS:
            row, future = self._waiting[0]
            size += len(row.body)
            if batch and size > MOST_BYTES:
                break
            self._waiting.popleft()
            if not future.done():  # who waited too long has been told to repeat
                batch.append((row, future))
        return batch

    async def _store(self, rows: list[Row]) -> list[bool]:
        found = await self._database.rows(sql["raw_store_many"], many_values(rows))
        numbers = {number for (number,) in found}
        return [number in numbers for number in range(1, len(rows) + 1)]

    async def _alone(self, row: Row) -> bool | None:
        """One of a batch that was refused: it may be the others' fault."""
        try:
            return (await self._store([row]))[0]
        except Away:
            return None
        except psycopg.Error:
            log.exception("a webhook of account %s cannot be kept", row.account)
            return None
