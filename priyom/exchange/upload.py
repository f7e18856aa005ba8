"""The door of the import page: a file is uploaded, its columns are looked at, a mapping is guessed, tried and started.

The page never reads files or rows itself: `begin` -> `columns`/`guess` -> `preview` (as often as one likes) -> `start`;
afterwards it shows the `Import` row (rows_done of rows_total, then the counts) and the file of refused rows.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path, PurePath
from typing import Any

from django.db import transaction

from priyom.clinic.house import house
from priyom.clinic.models import Branch, Staff
from priyom.exchange.jobs import load_table
from priyom.exchange.models import Import
from priyom.exchange.tables.guess import guess_mapping
from priyom.exchange.tables.mapping import BadMapping, check
from priyom.exchange.tables.read_table import BadTable, open_table
from priyom.exchange.tables.row import RowReader
from priyom.exchange.tables.targets import Target, targets
from priyom.exchange.upload_folder import folder
from priyom.foundation.clock import now

__all__ = [
    "BadMapping", "BadTable", "Column", "Preview", "PreviewRow", "Target", "begin", "columns", "guess", "preview",
    "start", "targets",
]  # fmt: skip

SAMPLES = 3
PREVIEW_ROWS = 20
SIZE_LIMIT = 200 * 1024 * 1024  # bytes


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the file and the first values that stand in it."""

    name: str
    samples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PreviewRow:
    """A row as it would be loaded: its line (the header is 1), what each mapped field got, what is wrong with it."""

    line: int
    values: Mapping[str, str]
    errors: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Preview:
    """The first rows under a mapping. `problems`: what is wrong with the mapping itself; then there are no rows."""

    fields: tuple[Target, ...]
    rows: tuple[PreviewRow, ...]
    problems: tuple[str, ...]


def begin(staff: Staff | None, file_name: str, chunks: Iterable[bytes]) -> Import:
    """Keep the uploaded file (CSV or XLSX, at most 200 MB); a draft import. Raises BadTable, and keeps nothing then."""
    name = PurePath(file_name.replace("\\", "/")).name[:255] or "table.csv"
    suffix = ".xlsx" if name.lower().endswith(".xlsx") else ".csv"
    with transaction.atomic():
        imported = Import.objects.create(file_name=name, file_path="", by=staff, created_at=now())
        path = folder() / f"{imported.pk}{suffix}"
        try:
            _write(path, chunks)
            open_table(path).columns  # noqa: B018 - a file that is no table is refused now, not in the background
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        imported.file_path = str(path)
        imported.save(update_fields=["file_path"])
    return imported


def columns(imported: Import) -> list[Column]:
    """The columns with their first values. Raises BadTable."""
    table = open_table(Path(imported.file_path))
    first = [row.cells for row in islice(table.rows(), PREVIEW_ROWS)]
    return [
        Column(name, tuple(dict.fromkeys(row[name] for row in first if row.get(name)))[:SAMPLES])
        for name in table.columns
    ]


def guess(imported: Import) -> dict[str, Any]:
    """A mapping guessed from the headings (Russian, Kazakh, English) and first values; to be shown and corrected."""
    zone = Branch.objects.order_by("pk").values_list("time_zone", flat=True).first()
    return guess_mapping({c.name: c.samples for c in columns(imported)}, zone or "Europe/Moscow")


def preview(imported: Import, mapping: Mapping[str, Any]) -> Preview:
    """The first 20 rows as they would be loaded, with everything that is wrong; writes nothing. Raises BadTable."""
    table = open_table(Path(imported.file_path))
    try:
        checked = check(mapping, table.columns)
    except BadMapping as error:
        return Preview((), (), error.problems)
    reader = RowReader(checked, house().country)
    rows = []
    for raw in islice(table.rows(), PREVIEW_ROWS):
        _, errors = reader.read(raw)
        rows.append(PreviewRow(raw.line, reader.shown(raw), errors))
    return Preview(tuple(t for t in targets() if t.key in checked.fields), tuple(rows), ())


def start(imported: Import, mapping: Mapping[str, Any]) -> None:
    """Load the file in the background; the import's row shows the progress. Raises BadMapping, BadTable."""
    check(mapping, open_table(Path(imported.file_path)).columns)
    with transaction.atomic():
        Import.objects.filter(pk=imported.pk).update(mapping=dict(mapping), state="running", error="")
        load_table.defer(import_id=imported.pk)


def _write(path: Path, chunks: Iterable[bytes]) -> None:
    size = 0
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        for chunk in chunks:
            size += len(chunk)
            if size > SIZE_LIMIT:
                raise BadTable("Файл больше 200 МБ: разделите его")
            file.write(chunk)
