"""PgQueuer, as its documentation has it: asyncpg, uvloop, failed tries put back by the database with growing pauses,
jobs of dead workers taken up when their heartbeat is old (5 s; the default is 30 s).

`python -m bench.peers.run_peer pgqueuer prepare|enqueue|work`
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import asyncpg
from pgqueuer import PgQueuer
from pgqueuer.db import AsyncpgDriver, AsyncpgPoolDriver
from pgqueuer.executors import DatabaseRetryEntrypointExecutor
from pgqueuer.models import Job as Row
from pgqueuer.queries import Queries

from bench.peers.job import ATTEMPTS, DATABASE, DUE, PARALLEL, Job

BATCH = 50
"""Half of what may be under way, the most it allows."""
DEAD_AFTER = timedelta(seconds=5)
LOOK_EVERY = timedelta(seconds=0.25)


async def prepare() -> None:
    """Its tables."""
    connection = await asyncpg.connect(DATABASE)
    await Queries(AsyncpgDriver(connection)).install()
    await connection.close()


async def enqueue() -> None:
    """All messages, 500 in a statement."""
    connection = await asyncpg.connect(DATABASE)
    rows = await connection.fetch(DUE)
    queries = Queries(AsyncpgDriver(connection))
    for start in range(0, len(rows), 500):
        part = rows[start : start + 500]
        now = datetime.now(UTC)
        await queries.enqueue(
            ["send"] * len(part),
            [str(row["id"]).encode() for row in part],
            [0] * len(part),
            [max(timedelta(0), row["due_at"] - now) for row in part],
        )
    await connection.close()


async def work() -> None:
    """Until killed."""
    job = Job()
    await job.open()
    async with asyncpg.create_pool(DATABASE, min_size=4, max_size=8) as pool:
        pgq = PgQueuer(AsyncpgPoolDriver(pool))

        @pgq.entrypoint(
            "send",
            on_failure="hold",
            executor_factory=lambda parameters: DatabaseRetryEntrypointExecutor(
                parameters=parameters, max_attempts=ATTEMPTS, initial_delay=timedelta(seconds=1),
                max_delay=timedelta(seconds=8),
            ),
        )  # fmt: skip
        async def send(row: Row) -> None:
            assert row.payload is not None
            await job(int(row.payload))

        await pgq.run(
            dequeue_timeout=LOOK_EVERY, batch_size=BATCH, max_concurrent_tasks=PARALLEL, heartbeat_timeout=DEAD_AFTER
        )
