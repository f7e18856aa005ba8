"""Writes the rows that were not loaded: the original columns, then line and reason, so that they can be mended and
loaded again as they are."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from priyom.exchange.models import Import, RefusedRow
from priyom.exchange.tables.read_table import LINE_COLUMN, REASON_COLUMN, RawRow


class RefusedFile:
    """A CSV made at the first refused row (no refusal: no file). Use as a context manager."""

    def __init__(self, path: Path, columns: Sequence[str], imported: Import) -> None:
        self.path, self._columns, self._imported = path, list(columns), imported
        self.count = 0
        path.unlink(missing_ok=True)

    def add(self, refused: Iterable[tuple[RawRow, Sequence[str]]]) -> None:
        """Append rows with their reasons."""
        rows = list(refused)
        if not rows:
            return
        fresh = not self.path.exists()
        handle = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8-sig" if fresh else "utf-8", newline="") as file:
            writer = csv.writer(file)
            if fresh:
                writer.writerow([*self._columns, LINE_COLUMN, REASON_COLUMN])
            for raw, reasons in rows:
                cells = [raw.cells.get(name, "") for name in self._columns]
                writer.writerow([*cells, raw.line, "; ".join(reasons)])
        RefusedRow.objects.bulk_create(
            RefusedRow(imported=self._imported, line=raw.line, reason="; ".join(reasons)[:300], row=raw.cells)
            for raw, reasons in rows
        )
        self.count += len(rows)
