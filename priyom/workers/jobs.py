"""General jobs (imports, exports, retention): a Procrastinate worker inside the worker's own process."""

from __future__ import annotations

import asyncio
import logging

from procrastinate.contrib.django import app

log = logging.getLogger(__name__)

POLL = 60.0
"""Seconds; new jobs are announced, so this is only for a missed announcement."""
PAUSE = 2.0


async def run_jobs() -> None:
    """Run jobs until cancelled; the loss of the database is waited out."""
    while True:
        try:
            worker_app = app.with_connector(app.connector.get_worker_connector())  # type: ignore[attr-defined]
            async with worker_app.open_async():
                await worker_app.run_worker_async(
                    name="jobs",
                    install_signal_handlers=False,
                    fetch_job_polling_interval=POLL,
                    abort_job_polling_interval=POLL,
                    shutdown_graceful_timeout=4.0,
                    delete_jobs="successful",
                )
        except asyncio.CancelledError:
            raise
        except Exception as error:
            log.warning("jobs wait for the database: %s", str(error).strip())
        await asyncio.sleep(PAUSE)
