"""A connection to whichever of several hosts takes writes, without waiting for those that are silent.

libpq asks one host after the other and waits the whole `connect_timeout` for a dead one, at every connection. Here the
next one is asked as soon as the last was refused or has been silent for `HEAD_START`; whoever took writes last time is
asked first.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

HEAD_START = 0.5
"""Seconds. A host in the same town answers in a fiftieth of that."""

DEFAULT_PORT = "5432"

Connection = psycopg.AsyncConnection[Any]
_last: dict[str, str] = {}


def each(info: str) -> list[str]:
    """One address for each host of this one."""
    parts = conninfo_to_dict(info)
    hosts, ports = str(parts.get("host") or "").split(","), str(parts.get("port") or "").split(",")
    if len(hosts) == 1 or parts.get("hostaddr"):
        return [info]
    ports = ports * len(hosts) if len(ports) == 1 else ports
    return [make_conninfo(info, host=host, port=port or DEFAULT_PORT) for host, port in zip(hosts, ports, strict=True)]


async def connect(info: str) -> Connection:
    """A fresh autocommit connection. Raises psycopg.OperationalError when no host will have us."""
    ways = each(info)
    ways.sort(key=lambda way: way != _last.get(info))  # stable: else in the address's own order
    asked: dict[asyncio.Task[Connection], str] = {}
    errors: list[str] = []
    try:
        while ways or asked:
            if ways:
                way = ways.pop(0)
                asked[asyncio.create_task(psycopg.AsyncConnection.connect(way, autocommit=True))] = way
            head_start = HEAD_START if ways else None
            done, _ = await asyncio.wait(asked, timeout=head_start, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                way = asked.pop(task)
                try:
                    made = task.result()
                except psycopg.OperationalError as error:
                    errors.append(str(error).strip())
                else:
                    _last[info] = way
                    return made
        raise psycopg.OperationalError("; ".join(errors))
    finally:
        for task in asked:
            task.cancel()
            task.add_done_callback(_leave)


def _leave(task: asyncio.Task[Connection]) -> None:
    """Close a connection nobody waits for any more."""
    if not task.cancelled() and task.exception() is None:
        with suppress(OSError, psycopg.Error):
            task.result().pgconn.finish()
