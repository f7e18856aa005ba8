"""General jobs (imports, exports, retention): a Procrastinate worker inside the worker's own process."""

from __future__ import annotations

import asyncio
import logging

from procrastinate.contrib.django import app
from procrastinate.manager import JobManager

from priyom.exchange.jobs import retry_left_behind

log = logging.getLogger(__name__)

POLL = 60.0
"""Seconds; new jobs are announced, so this is only for a missed announcement."""
PAUSE = 2.0
LOOK_EVERY = 60.0
"""Seconds between looks for what a dead worker left."""


async def run_jobs() -> None:
    """Run jobs until cancelled; the loss of the database is waited out."""
    while True:
        try:
            worker_app = app.with_connector(app.connector.get_worker_connector())  # type: ignore[attr-defined]
            async with worker_app.open_async():
                looking = asyncio.create_task(_look_for_stalled(worker_app.job_manager))
                try:
                    await worker_app.run_worker_async(
                        name="jobs",
                        install_signal_handlers=False,
                        fetch_job_polling_interval=POLL,
                        abort_job_polling_interval=POLL,
                        shutdown_graceful_timeout=4.0,
                        delete_jobs="successful",
                    )
                finally:
                    looking.cancel()
                    await asyncio.gather(looking, return_exceptions=True)
        except asyncio.CancelledError:
            raise
        except Exception as error:
            log.warning("jobs wait for the database: %s", str(error).strip())
        await asyncio.sleep(PAUSE)


async def _look_for_stalled(manager: JobManager) -> None:
    """At the start and then every minute. Not as a periodic job: those are ordered over a connection of Django's that
    does not outlive a restart of the database."""
    while True:
        try:
            await retry_left_behind(manager)
        except Exception as error:
            log.warning("cannot look for jobs of dead workers: %s", str(error).strip())
        await asyncio.sleep(LOOK_EVERY)
