"""The sandbox's own line to the database: connections that listen and answer the walk's two questions, opened again
whenever they break; and Django's verbs called from the event loop."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import psycopg
from asgiref.sync import sync_to_async
from django.db import close_old_connections, connections

from priyom.delivery.database import conninfo
from priyom.foundation.sql import Statements

log = logging.getLogger(__name__)
sql = Statements(Path(__file__).parent / "sql")

TRIES = 20

P = ParamSpec("P")
T = TypeVar("T")


async def connect() -> psycopg.AsyncConnection[tuple[Any, ...]]:
    """A connection of our own, each statement a transaction. Cancelled half-way, it leaves none behind."""
    opening = asyncio.ensure_future(
        psycopg.AsyncConnection.connect(conninfo(), autocommit=True, application_name="priyom sandbox")
    )
    try:
        return await asyncio.shield(opening)
    except asyncio.CancelledError:
        with suppress(psycopg.Error):
            await (await opening).close()
        raise


async def ask(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Call a verb that uses Django's database; its connection is given back at the end."""

    def run() -> T:
        close_old_connections()
        try:
            return work(*args, **kwargs)
        finally:
            connections.close_all()

    return await sync_to_async(run, thread_sensitive=True)()


class Line:
    """A connection that is opened when needed and again when it broke; statements on it go one by one."""

    def __init__(self) -> None:
        self._connection: psycopg.AsyncConnection[tuple[Any, ...]] | None = None
        self._lock = asyncio.Lock()

    async def row(self, statement: str, values: Mapping[str, object]) -> tuple[Any, ...]:
        """The first row. Raises psycopg.OperationalError when the database is away."""
        async with self._lock:
            if self._connection is None or self._connection.closed:
                self._connection = await connect()
            cursor = await self._connection.execute(statement, values)
            return (await cursor.fetchone() or ()) if cursor.description else ()

    async def close(self) -> None:
        """Hang up."""
        if self._connection is not None:
            await self._connection.close()


class LiveHouse:
    """What the walk asks of the house, answered by the database and the world around the emulators.

    `spawned` gives (work under way, work ever started) of the world; `hanging` the channels whose gateways hang.
    """

    def __init__(self, spawned: Callable[[], tuple[int, int]], hanging: Callable[[], Sequence[str]]) -> None:
        self._line = Line()
        self._spawned = spawned
        self._hanging = hanging

    async def next_due(self, after: datetime) -> datetime | None:
        """The nearest planned moment after `after`. Without a database it is asked again for a while: a walk that does
        not know the plans would run past them."""
        for _ in range(TRIES):
            with suppress(psycopg.Error):
                found: datetime | None = (await self._line.row(sql["next_due"], {"now": after}))[0]
                return found
            await asyncio.sleep(1.0)
        return None

    async def busy(self, at: datetime) -> tuple[int, ...]:
        """What is to be done now: the world's own work, then the database's sorts. A broken line counts as busy."""
        _, before = self._spawned()
        try:
            row = await self._line.row(sql["busy"], {"now": at, "hanging": list(self._hanging())})
        except psycopg.Error:
            return (1, 0)
        pending, after = self._spawned()
        return (pending + after - before, *row)

    async def wake(self) -> None:
        """Tell every loop that the clock was turned."""
        with suppress(psycopg.Error):
            await self._line.row("SELECT pg_notify('priyom', 'clock')", {})

    async def close(self) -> None:
        """Hang up."""
        await self._line.close()


async def listen(heard: Callable[[str], Awaitable[None]]) -> None:
    """Call `heard` with the payload of every notification, for ever; comes back by itself when the line breaks."""
    while True:
        try:
            async with await connect() as connection:
                await connection.execute("LISTEN priyom")
                await heard("")
                async for notice in connection.notifies():
                    await heard(notice.payload)
        except psycopg.Error as error:
            log.info("the database is away: %s", error)
        await asyncio.sleep(1.0)
