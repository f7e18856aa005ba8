"""What a careful user of a queue writes around it, for the queues that run coroutines: look before sending whether the
message is still to go and its visit still so, send, write the state down. It runs in the peers' own environment.

`CARE` says what is done where the outcome is not known (the worker died, or no answer came):
`check`  the state is looked at before and written after; what is not `sent` is sent again (the queues' own advice:
         at least once, and make it idempotent);
`mark`   marked `sending` before it leaves; found so later, it is listed as `unknown` and not repeated;
`ask`    marked likewise, and the gateway is asked after it before it is repeated.
"""

from __future__ import annotations

import asyncio
import json
import os

import aiohttp
import asyncpg

CARE = os.environ.get("BENCH_CARE", "check")
DATABASE = os.environ.get("DATABASE_URL", "")
GATEWAY = os.environ.get("BENCH_GATEWAY", "")
PARALLEL = 100
"""Messages under way in one worker: at 20 ms an answer no contestant reaches 5,000/s."""
TIMEOUT = 15.0
ATTEMPTS = 12
"""For every queue, with pauses from one second on: 503 and silence are 1 % each, kills come on top."""

LOOK = """SELECT m.state, m.body, v.version = m.visit_version AND v.state = 'booked' AS fresh
    FROM message m JOIN visit v ON v.id = m.visit_id WHERE m.id = $1"""
STALE = "UPDATE message SET state = 'stale' WHERE id = $1 AND state IN ('waiting', 'sending')"
MARK = "UPDATE message SET state = 'sending' WHERE id = $1 AND state IN ('waiting', 'sending')"
UNMARK = "UPDATE message SET state = 'waiting' WHERE id = $1 AND state = 'sending'"
UNKNOWN = "UPDATE message SET state = 'unknown' WHERE id = $1 AND state = 'sending'"
SENT = """UPDATE message SET state = 'sent', provider_id = $2,
    signal = CASE WHEN signal = '' THEN 'accepted' ELSE signal END WHERE id = $1"""
DUE = "SELECT id, due_at FROM message ORDER BY due_at, id"


class TryAgain(Exception):
    """To be tried again by the queue, later."""


class Job:
    """Open it inside the worker's loop; then `await job(number)` for each message."""

    def __init__(self) -> None:
        self._pool: asyncpg.Pool | None = None
        self._http: aiohttp.ClientSession | None = None
        self._opening = asyncio.Lock()

    async def open(self) -> None:
        """Connect; again is nothing."""
        async with self._opening:
            if self._pool is None:
                connector = aiohttp.TCPConnector(limit=PARALLEL, keepalive_timeout=30)
                timeout = aiohttp.ClientTimeout(total=TIMEOUT)
                self._http = aiohttp.ClientSession(GATEWAY, connector=connector, timeout=timeout)
                self._pool = await asyncpg.create_pool(DATABASE, min_size=4, max_size=16)

    async def __call__(self, number: int) -> None:
        """One try. Raises TryAgain."""
        if self._pool is None:
            await self.open()
        assert self._pool is not None
        row = await self._pool.fetchrow(LOOK, number)
        if row["state"] not in ("waiting", "sending"):
            return
        if not row["fresh"]:
            await self._pool.execute(UNKNOWN if row["state"] == "sending" else STALE, number)
            return
        found = None
        if row["state"] == "sending":
            if CARE == "mark":
                await self._pool.execute(UNKNOWN, number)
                return
            found = await self._post("/find", row["body"])
        elif CARE != "check":
            await self._pool.execute(MARK, number)
        provider_id = found or await self._send(number, row["body"])
        if provider_id is not None:
            await self._pool.execute(SENT, number, provider_id)

    async def _send(self, number: int, body: str) -> str | None:
        assert self._pool is not None
        try:
            taken = await self._post("/send", body)
        except aiohttp.ClientConnectorError as error:
            taken = None
            why: Exception = error
        except (aiohttp.ClientError, TimeoutError) as error:
            if CARE == "mark":
                await self._pool.execute(UNKNOWN, number)
                return None
            raise TryAgain from error
        else:
            why = TryAgain()
        if taken is None:  # it has not been taken, that is known
            if CARE != "check":
                await self._pool.execute(UNMARK, number)
            raise TryAgain from why
        return taken

    async def _post(self, path: str, body: str) -> str | None:
        """The provider's id, or None when the gateway does not have it."""
        assert self._http is not None
        async with self._http.post(path, data=body, headers={"Content-Type": "application/json"}) as answer:
            if answer.status != 200:
                return None
            said = json.loads(await answer.read())
            return str(said["id"])
