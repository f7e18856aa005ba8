"""Procrastinate, as its documentation has it for production: an asynchronous worker with many jobs at a time, LISTEN /
NOTIFY, finished jobs deleted, heartbeats, and a periodic task that puts stalled jobs back. Heartbeats and their limit
are shorter than the default (10 and 30 s), so that a killed worker's jobs come back soon.

`python -m bench.peers.run_peer procrastinate prepare|enqueue|work`
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import asyncpg
import procrastinate

from bench.peers.job import ATTEMPTS, DATABASE, DUE, PARALLEL, Job, TryAgain

HEARTBEAT, DEAD_AFTER = 1.0, 4.0

app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=DATABASE, min_size=4, max_size=16))
job = Job()
retry = procrastinate.RetryStrategy(max_attempts=ATTEMPTS, wait=1, linear_wait=1, retry_exceptions=[TryAgain])


@app.task(name="send", queue="send", retry=retry)
async def send(number: int) -> None:
    """One message."""
    await job(number)


@app.periodic(cron="* * * * * */2")
@app.task(name="stalled", queue="stalled", queueing_lock="stalled", pass_context=True)
async def put_back_stalled(context: Any, timestamp: int) -> None:
    """As the documentation's recipe for stalled jobs."""
    for stalled in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=DEAD_AFTER):
        with suppress(procrastinate.exceptions.ConnectorException):
            await app.job_manager.retry_job(stalled)


async def prepare() -> None:
    """Its tables."""
    async with app.open_async():
        await app.schema_manager.apply_schema_async()


async def enqueue() -> None:
    """All messages: 500 in a statement where they are due together, else one defer each."""
    connection = await asyncpg.connect(DATABASE)
    rows = await connection.fetch(DUE)
    await connection.close()
    together: dict[Any, list[int]] = {}
    for row in rows:
        together.setdefault(row["due_at"], []).append(row["id"])
    async with app.open_async():
        for at, numbers in together.items():
            deferrer = send.configure(schedule_at=at)
            for start in range(0, len(numbers), 500):
                await deferrer.batch_defer_async(*({"number": n} for n in numbers[start : start + 500]))


async def work() -> None:
    """Until killed."""
    async with app.open_async():
        await job.open()
        await app.run_worker_async(
            concurrency=PARALLEL, delete_jobs="successful", fetch_job_polling_interval=0.25,
            update_heartbeat_interval=HEARTBEAT, stalled_worker_timeout=DEAD_AFTER, listen_notify=True,
        )  # fmt: skip
