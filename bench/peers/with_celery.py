"""Celery over Redis: a pool of threads, for work that waits for the network; times as ETA; no results kept, no
gossip, no mingle. `BENCH_ACKS_LATE` is off (the default: taken is done) or on, then with `task_reject_on_worker_lost`.

Not the pool of greenlets, though it is the one its documentation names first for such work: there (5.7.0, kombu
5.7.0) what a killed worker had taken was never put back, which was tried with one task and nothing else around it. The
visibility timeout must be longer than the longest ETA (else everything is sent out anew), so it is this round's and a
little more (the default is an hour); what is overdue is looked for every second (the default is 100 s).

`celery -A bench.peers.with_celery worker ...`, and `python -m bench.peers.run_peer celery enqueue`
"""

from __future__ import annotations

import json
import os
import threading

import psycopg
import urllib3
from celery import Celery
from psycopg_pool import ConnectionPool

from bench.peers.job import (
    ATTEMPTS,
    CARE,
    DATABASE,
    DUE,
    GATEWAY,
    LOOK,
    MARK,
    PARALLEL,
    SENT,
    STALE,
    TIMEOUT,
    UNKNOWN,
    UNMARK,
    TryAgain,
)  # fmt: skip

app = Celery("bench", broker=os.environ.get("BENCH_REDIS", ""))
LATE = os.environ.get("BENCH_ACKS_LATE") == "1"
app.conf.update(
    task_acks_late=LATE,
    task_reject_on_worker_lost=LATE,
    task_ignore_result=True,
    worker_prefetch_multiplier=1,
    worker_hijack_root_logger=False,
    broker_connection_retry_on_startup=True,
    broker_transport_options={
        "visibility_timeout": float(os.environ.get("BENCH_VISIBILITY", "3600")),
        "unacked_restore_interval": 1,
        "unacked_restore_throttle": 1,
    },
)
http = urllib3.PoolManager(maxsize=PARALLEL, block=True, retries=False, timeout=TIMEOUT)
pool: ConnectionPool | None = None
opening = threading.Lock()


def database() -> ConnectionPool:
    """Opened at the first task."""
    global pool  # noqa: PLW0603
    with opening:
        if pool is None:
            kwargs = {"autocommit": True, "cursor_factory": psycopg.RawCursor}
            pool = ConnectionPool(DATABASE, min_size=4, max_size=16, kwargs=kwargs, open=True)
    return pool


def _run(statement: str, *values: object) -> None:
    with database().connection() as connection:
        connection.execute(statement, values)


def _post(path: str, body: str) -> str | None:
    answer = http.request("POST", GATEWAY + path, body=body.encode(), headers={"Content-Type": "application/json"})
    return str(json.loads(answer.data)["id"]) if answer.status == 200 else None


@app.task(
    name="send", autoretry_for=(TryAgain,), retry_backoff=1, retry_backoff_max=8, retry_jitter=False,
    max_retries=ATTEMPTS,
)  # fmt: skip
def send(number: int) -> None:
    """One message: `job.Job` for threads."""
    with database().connection() as connection:
        row = connection.execute(LOOK, (number,)).fetchone()
    assert row is not None
    state, body, fresh = row
    if state not in ("waiting", "sending"):
        return
    if not fresh:
        _run(UNKNOWN if state == "sending" else STALE, number)
        return
    found = None
    if state == "sending":
        if CARE == "mark":
            _run(UNKNOWN, number)
            return
        found = _post("/find", body)
    elif CARE != "check":
        _run(MARK, number)
    provider_id = found or _send(number, body)
    if provider_id is not None:
        _run(SENT, number, provider_id)


def _send(number: int, body: str) -> str | None:
    try:
        taken = _post("/send", body)
    except (urllib3.exceptions.NewConnectionError, urllib3.exceptions.ConnectTimeoutError):
        taken = None
    except (urllib3.exceptions.HTTPError, OSError) as error:
        if CARE == "mark":
            _run(UNKNOWN, number)
            return None
        raise TryAgain from error
    if taken is None:
        if CARE != "check":
            _run(UNMARK, number)
        raise TryAgain
    return taken


async def enqueue() -> None:
    """All messages, each at its time, over one connection."""
    with psycopg.connect(DATABASE) as connection:
        rows = connection.execute(DUE).fetchall()
    with app.producer_pool.acquire(block=True) as producer:
        for number, due in rows:
            send.apply_async((number,), eta=due, producer=producer)
