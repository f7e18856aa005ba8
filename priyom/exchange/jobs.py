"""Imports started in the staff pages, done in the background by the workers' job loop."""

from __future__ import annotations

import logging

from django.db import connection
from procrastinate.contrib.django import app

from priyom.exchange.models import Import
from priyom.exchange.tables.load import run
from priyom.exchange.tables.mapping import BadMapping
from priyom.exchange.tables.read_table import BadTable
from priyom.exchange.upload_folder import folder
from priyom.foundation.clock import now

log = logging.getLogger(__name__)


@app.task(name="exchange.load_table", queue="imports")
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


def _failed(import_id: int, why: str) -> None:
    Import.objects.filter(pk=import_id).update(state="failed", error=why, ended_at=now())
