"""Imports started in the staff pages, done in the background by the workers' job loop."""

from __future__ import annotations

import logging
from contextlib import suppress

from asgiref.sync import sync_to_async
from django.db import connection
from procrastinate.contrib.django import app
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Status
from procrastinate.manager import JobManager

from priyom.exchange.models import Import
from priyom.exchange.tables.load import run
from priyom.exchange.tables.mapping import BadMapping
from priyom.exchange.tables.read_table import BadTable
from priyom.exchange.upload_folder import folder
from priyom.foundation.clock import now

log = logging.getLogger(__name__)

LOAD = "exchange.load_table"
MOST_TRIES = 3
"""An import whose worker dies each time may be what kills it."""
CRASHED = "Программа несколько раз прервалась на этом импорте; загруженные строки остались, проверьте файл"


@app.task(name=LOAD, queue="imports")
def load_table(import_id: int) -> None:
    """Load the file of this import with the mapping kept in its row; a failure is told in the row."""
    imported = Import.objects.get(pk=import_id)
    if imported.state != "running":
        return
    try:
        run(imported, imported.mapping, folder() / f"{import_id}-refused.csv")
    except (BadTable, BadMapping) as error:
        _failed(import_id, str(error))
    except Exception:
        log.exception("import %s", import_id)
        _failed(import_id, "Сбой программы; загруженные строки остались, импорт можно начать снова")
        raise
    finally:
        if not connection.in_atomic_block:
            connection.close()  # the worker's thread outlives the database's restarts


async def retry_left_behind(manager: JobManager) -> None:
    """Hand imports of workers without a heartbeat for 30 seconds to whoever is free; after `MOST_TRIES` they fail.

    Beginning again is harmless: rows that were loaded are known. A job that another worker has just taken up is left to
    it. Source: procrastinate.readthedocs.io, «Retry stalled
    jobs».
    """
    for job in await manager.get_stalled_jobs(task_name=LOAD):
        if job.attempts + 1 < MOST_TRIES:
            log.warning("import %s was left by a dead worker and begins again", job.task_kwargs.get("import_id"))
            with suppress(ConnectorException):
                await manager.retry_job(job)
        else:
            await manager.finish_job(job, Status.FAILED, delete_job=False)
            await sync_to_async(_crashed)(int(str(job.task_kwargs["import_id"])))


def _crashed(import_id: int) -> None:
    try:
        log.error("import %s was left by dead workers %s times", import_id, MOST_TRIES)
        _failed(import_id, CRASHED)
    finally:
        if not connection.in_atomic_block:
            connection.close()


def _failed(import_id: int, why: str) -> None:
    Import.objects.filter(pk=import_id).update(state="failed", error=why, ended_at=now())
