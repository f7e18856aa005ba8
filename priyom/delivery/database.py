"""The hot path's own way to PostgreSQL: a few asynchronous connections, outside Django's, each statement its own
transaction. A connection that broke is thrown away with all the others that stand idle: they died together."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

import orjson
import psycopg
from django.db import connection as django_connection
from psycopg.conninfo import make_conninfo
from psycopg.types.json import set_json_loads

from priyom.delivery import primary

MOST = 4
ANSWER_WITHIN = 60.0
"""Seconds. Whoever keeps us waiting longer (a server or something between that stands still and goes on confirming
packets) is left; every statement of the hot path may be repeated."""


def conninfo() -> str:
    """How to reach the database Django uses (in tests: the test database)."""
    settings = django_connection.settings_dict
    parts = {
        "dbname": settings["NAME"],
        "user": settings["USER"],
        "password": settings["PASSWORD"],
        "host": settings["HOST"],
        "port": settings["PORT"],
        **{k: v for k, v in settings.get("OPTIONS", {}).items() if isinstance(v, str)},
    }
    return make_conninfo(**{name: value for name, value in parts.items() if value})


def cut(held: psycopg.AsyncConnection[Any]) -> None:
    """End this connection now, without a word to the other side: whoever waits on it gets psycopg.OperationalError.

    Cancelling the waiting task would not do: it then asks the server to give up, and waits for the answer.
    """
    with suppress(OSError, psycopg.Error), socket.socket(fileno=os.dup(held.fileno())) as end:
        end.shutdown(socket.SHUT_RDWR)


class Database:
    """At most `MOST` connections, opened when needed. Use it inside one event loop."""

    def __init__(self, info: str | None = None) -> None:
        self.info = conninfo() if info is None else info
        self._idle: list[psycopg.AsyncConnection[Any]] = []
        self._busy: set[psycopg.AsyncConnection[Any]] = set()
        self._places = asyncio.Semaphore(MOST)

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[psycopg.AsyncConnection[Any]]:
        """An autocommit connection. Raises psycopg.OperationalError when the database cannot be reached."""
        async with self._places:
            held = self._idle.pop() if self._idle else await self.open()
            self._busy.add(held)
            alarm = asyncio.get_running_loop().call_later(ANSWER_WITHIN, cut, held)
            try:
                yield held
            except BaseException:
                await held.close()
                if held.broken:
                    await self.close()
                raise
            finally:
                alarm.cancel()
                self._busy.discard(held)
            self._idle.append(held)

    async def open(self) -> psycopg.AsyncConnection[Any]:
        """A fresh autocommit connection; a dead network is noticed within about ten seconds, by both sides (the
        settings see to that, for every connection of the program)."""
        made: psycopg.AsyncConnection[Any] = await primary.connect(self.info)
        set_json_loads(orjson.loads, made)
        return made

    async def rows(self, statement: str, values: dict[str, object] | Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """All rows of one statement. Raises psycopg.Error."""
        async with self.connection() as held:
            cursor = await held.execute(statement.encode(), values)
            return await cursor.fetchall() if cursor.description else []

    def cut(self) -> None:
        """Wait for no answer any longer: what is under way fails as if the network had broken."""
        for held in list(self._busy):
            cut(held)

    async def close(self) -> None:
        """Close what stands idle."""
        self.let_go()

    def let_go(self) -> None:
        """The same, for those who cannot wait: their event loop may be ending."""
        idle, self._idle = self._idle, []
        for held in idle:
            held.pgconn.finish()
