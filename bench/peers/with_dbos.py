"""DBOS: one durable workflow a message, enqueued with a delay on a queue; its step is retried with growing pauses; a
restarted worker recovers what it had begun, under the same executor id. The queue is looked at every 0.2 s (the default
is 1 s). `python -m bench.peers.run_peer dbos prepare|enqueue|work`
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import psycopg
import sqlalchemy
from dbos import DBOS, DBOSClient, DBOSConfig

from bench.peers.job import ATTEMPTS, DATABASE, DUE, PARALLEL, Job

URL = DATABASE.replace("postgresql://", "postgresql+psycopg://", 1)
CONFIG: DBOSConfig = {
    "name": "bench",
    "system_database_url": URL,
    "application_version": "1",
    "executor_id": "worker",
    "sys_db_pool_size": 20,
    "log_level": "WARNING",
}
job = Job()


@DBOS.step(retries_allowed=True, interval_seconds=1.0, max_attempts=ATTEMPTS, backoff_rate=1.5)
async def attempt(number: int) -> None:
    """One try."""
    await job(number)


@DBOS.workflow(name="send", max_recovery_attempts=1000)
async def send(number: int) -> None:
    """One message."""
    await attempt(number)


async def launch() -> None:
    """The runtime, with its queue."""
    DBOS(config=CONFIG)
    DBOS.launch()
    await DBOS.register_queue_async("send", worker_concurrency=PARALLEL, polling_interval_sec=0.2)


async def prepare() -> None:
    """Its tables."""
    await launch()
    DBOS.destroy()


async def enqueue() -> None:
    """All messages, 500 in a transaction."""
    with psycopg.connect(DATABASE) as connection:
        rows = connection.execute(DUE).fetchall()
    client = DBOSClient(system_database_url=URL)
    engine = sqlalchemy.create_engine(URL)
    for start in range(0, len(rows), 500):
        with engine.begin() as connection:
            for number, due in rows[start : start + 500]:
                delay = max(0.0, (due - datetime.now(UTC)).total_seconds())
                client.enqueue_in_transaction(
                    connection,
                    {"workflow_name": "send", "queue_name": "send", "workflow_id": f"m{number}", "app_version": "1",
                     "delay_seconds": delay, "application_name": "bench"},
                    number,
                )  # fmt: skip
    client.destroy()


async def work() -> None:
    """Until killed."""
    await job.open()
    await launch()
    await asyncio.Event().wait()
