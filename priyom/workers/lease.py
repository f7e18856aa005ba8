"""The heartbeat by which workers know of each other that they live.

A paused process keeps its connections: its system goes on confirming packets, so the server never lets its locks go.
Therefore each worker beats, over the very connection that holds its locks, and looks with the same statement how the
others stand. PostgreSQL itself keeps the pulse (`pg_stat_activity.state_change` of that session): nothing is written,
so a full disk or a long vacuum does not touch it.

Whose pulse has stood still for `LEASE` seconds is ended, with all the sessions of its process; the server then frees
its locks. Those seconds are counted by the looker's own clock over an unbroken row of its own beats, never by any wall
clock: a turned clock ends nobody, and while the database is slow for all nobody's beats count. If several see it, they
end the same session, which does no harm. Between the look and the end the pulse is compared once more by the database.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from datetime import datetime
from typing import Any, NamedTuple

import psycopg
from django.db import DEFAULT_DB_ALIAS, connections

from priyom.delivery.database import cut
from priyom.delivery.fence import BEAT_EVERY, FENCE, LEASE, Fence, moment

log = logging.getLogger(__name__)

LOCKS = 7713
"""The class of our advisory locks. The second number is an account's id; 0 is every worker's sign, held shared."""
PREFIX = "priyom-worker-"
NAME = PREFIX + secrets.token_hex(6)

SIGN = "SELECT pg_advisory_lock_shared(%s, 0)"
BEAT = """
SELECT other.pid, other.backend_start, other.state_change, other.application_name
FROM pg_locks sign JOIN pg_stat_activity other ON other.pid = sign.pid
WHERE sign.locktype = 'advisory' AND sign.classid = %s AND sign.objid = 0 AND sign.objsubid = 2 AND sign.granted
  AND sign.database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND other.pid <> pg_backend_pid() AND other.state <> 'disabled' AND other.state_change IS NOT NULL
"""
HELD = """
SELECT objid FROM pg_locks
WHERE locktype = 'advisory' AND classid = %s AND objid <> 0 AND objsubid = 2 AND granted
  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""
END = """
SELECT pg_terminate_backend(its.pid)
FROM pg_stat_activity silent JOIN pg_stat_activity its
  ON its.pid = silent.pid
  OR its.datname = silent.datname AND its.application_name = silent.application_name
    AND its.application_name LIKE %s AND its.application_name <> %s
WHERE silent.pid = %s AND silent.backend_start = %s AND silent.state_change = %s AND its.pid <> pg_backend_pid()
"""
END_OURS = """
SELECT pg_terminate_backend(sign.pid) FROM pg_locks sign JOIN pg_stat_activity old ON old.pid = sign.pid
WHERE sign.locktype = 'advisory' AND sign.classid = %s AND sign.objid = 0 AND sign.objsubid = 2 AND sign.granted
  AND old.datname = current_database() AND old.application_name = %s AND old.pid <> pg_backend_pid()
"""


class Pulse(NamedTuple):
    """One beat of another worker: it stands still while this does not change."""

    pid: int
    began: datetime
    beaten: datetime
    name: str


def sign_sessions() -> None:
    """Let every database session of this process bear its name, so that they can be ended together. Call it before the
    first one is opened."""
    connections.databases[DEFAULT_DB_ALIAS].setdefault("OPTIONS", {})["application_name"] = NAME


class Others:
    """Who has stood still for how long, as far as an unbroken row of our own looks can tell."""

    def __init__(self) -> None:
        self._since: dict[Pulse, float] = {}
        self._looked = float("-inf")

    def look(self, pulses: list[Pulse], began: float, ended: float) -> list[Pulse]:
        """The silent ones. `began` and `ended` are the look's own moments, in seconds of a clock that is never turned.

        After a gap between looks all is counted anew: it was we, or the database, who stood still.
        """
        if began - self._looked > 2 * BEAT_EVERY or ended - began > BEAT_EVERY:
            self._since.clear()
        self._looked = ended
        self._since = {pulse: self._since.get(pulse, ended) for pulse in pulses}
        return [pulse for pulse, since in self._since.items() if began - since >= LEASE]


class Lease:
    """Ours, on one connection after another; opens the fence while it is kept."""

    def __init__(self, fence: Fence) -> None:
        self.others = 0
        """How many other workers beat."""
        self._fence = fence
        self._others = Others()
        self._next = 0.0

    async def begin(self, guard: psycopg.AsyncConnection[Any]) -> None:
        """Sign this connection as a worker's. Of an earlier one of ours, which the server may still believe in, an end
        is made: call this with nothing under way. Raises psycopg.Error."""
        await guard.execute(END_OURS, (LOCKS, NAME))
        await guard.execute(SIGN, (LOCKS,))
        await self._beat(guard)

    async def keep(self, guard: psycopg.AsyncConnection[Any]) -> None:
        """Beat until the connection breaks, or is cut because it does not answer. Raises psycopg.Error."""
        while True:
            self._next = time.monotonic() + BEAT_EVERY
            await asyncio.sleep(BEAT_EVERY)
            await self._beat(guard)

    async def held(self, guard: psycopg.AsyncConnection[Any]) -> set[int]:
        """Accounts that somebody holds, we among them. Raises psycopg.Error."""
        cursor = await guard.execute(HELD, (LOCKS,))
        return {row[0] for row in await cursor.fetchall()}

    def rest(self) -> float:
        """Seconds until the next beat, which needs the connection for itself."""
        return max(0.0, self._next - time.monotonic())

    async def _beat(self, guard: psycopg.AsyncConnection[Any]) -> None:
        alarm = asyncio.get_running_loop().call_later(FENCE - BEAT_EVERY, cut, guard)
        sent, began = moment(), time.monotonic()
        try:
            cursor = await guard.execute(BEAT, (LOCKS,))
            pulses = [Pulse(*row) for row in await cursor.fetchall()]
            self._fence.beaten(sent)
            self.others = len(pulses)
            for silent in self._others.look(pulses, began, time.monotonic()):
                log.warning("a worker has not beaten for %.0f s: its session %s is ended", LEASE, silent.pid)
                await guard.execute(END, (PREFIX + "%", NAME, *silent[:3]))
        finally:
            alarm.cancel()
