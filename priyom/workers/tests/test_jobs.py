"""The job loop looks for what dead workers left."""

from __future__ import annotations

import asyncio

import pytest
from procrastinate.exceptions import ConnectorException
from procrastinate.manager import JobManager

from priyom.workers import jobs


async def test_it_looks_at_the_start_and_again_and_survives_errors(monkeypatch: pytest.MonkeyPatch) -> None:
    looks, enough = 0, asyncio.Event()

    async def look(manager: JobManager) -> None:
        nonlocal looks
        looks += 1
        if looks == 3:
            enough.set()
        raise ConnectorException("away")

    class WorkerApp:
        connector = None
        job_manager = None

        def with_connector(self, connector: object) -> WorkerApp:
            return self

        def get_worker_connector(self) -> None:
            return None

        def open_async(self) -> WorkerApp:
            return self

        async def __aenter__(self) -> WorkerApp:
            return self

        async def __aexit__(self, *_: object) -> None:
            pass

        async def run_worker_async(self, **_: object) -> None:
            await asyncio.Event().wait()

    worker_app = WorkerApp()
    worker_app.connector = worker_app  # type: ignore[assignment]
    monkeypatch.setattr(jobs, "app", worker_app)
    monkeypatch.setattr(jobs, "retry_left_behind", look)
    monkeypatch.setattr(jobs, "LOOK_EVERY", 0)
    running = asyncio.create_task(jobs.run_jobs())
    await asyncio.wait_for(enough.wait(), 10)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    done = looks
    await asyncio.sleep(0)
    assert looks == done, "it ends with its worker"
