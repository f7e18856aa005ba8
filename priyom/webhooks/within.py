"""The database, asked for a few seconds and no longer: what cannot be kept by then is the vendor's to repeat."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import psycopg

from priyom.delivery.database import Database

log = logging.getLogger(__name__)

PATIENCE = 2.5
"""Seconds for one statement with all its repeats: a restart of the database is outlived, a vendor does not hang up."""
PAUSE = 0.1


class Away(Exception):
    """The database did not answer in time. What was asked of it may have been done all the same."""


class Within:
    """Statements that may be repeated, each answered within `PATIENCE`. Use it inside one event loop."""

    def __init__(self) -> None:
        self._database = Database()
        self._left: set[asyncio.Task[Any]] = set()
        self._told = False

    async def rows(self, statement: str, values: dict[str, object]) -> list[tuple[Any, ...]]:
        """All rows of one statement, which is repeated when the connection is lost. Raises Away, and psycopg.Error for
        what is wrong with the statement itself."""
        loop = asyncio.get_running_loop()
        until = loop.time() + PATIENCE
        while True:
            try:
                rows = await self._once(statement, values, until - loop.time())
            except (psycopg.OperationalError, Away) as error:
                if not self._told:
                    log.warning("webhooks wait for the database: %s", str(error).strip())
                self._told = True
                if loop.time() + PAUSE >= until:
                    raise Away(str(error)) from error
                await asyncio.sleep(PAUSE)
            else:
                self._told = False
                return rows

    async def _once(self, statement: str, values: dict[str, object], seconds: float) -> list[tuple[Any, ...]]:
        task = asyncio.create_task(self._database.rows(statement, values))
        done, _ = await asyncio.wait({task}, timeout=seconds)
        if not done:  # ending it may take as long again: it ends behind us, and its connections with it
            self._left.add(task)
            task.add_done_callback(self._forget)
            task.cancel()
            self._database = Database(self._database.info)
            raise Away("no answer in time")
        return task.result()

    def _forget(self, task: asyncio.Task[Any]) -> None:
        self._left.discard(task)
        if not task.cancelled():
            task.exception()

    async def close(self) -> None:
        """Close what stands idle."""
        await self._database.close()
