"""Loads a table whole: reads it as a stream, checks every row, writes batch by batch, accounts for every row.

A batch is one transaction with the progress in it, so an interrupted import can be started again: rows that were
loaded are known by what they said and change nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from django.db import connection, transaction

from priyom.clinic.house import house
from priyom.exchange.models import Import, RefusedRow
from priyom.exchange.tables.bulk import SQL, ClinicRows, load_past
from priyom.exchange.tables.live import RowRefused, load_person, load_visit
from priyom.exchange.tables.mapping import check
from priyom.exchange.tables.read_table import RawRow, open_table
from priyom.exchange.tables.refused import RefusedFile
from priyom.exchange.tables.row import Row, RowReader
from priyom.foundation.clock import now

BATCH = 2000
_ENDED = frozenset({"completed", "missed", "arrived", "cancelled"})
Progress = Callable[[int, int], None]


@dataclass(slots=True)
class _Sorted:
    """A batch, sorted out: what to load, how many are known, what is refused."""

    fresh: list[Row] = field(default_factory=list)
    same: list[Row] = field(default_factory=list)
    refused: list[tuple[RawRow, tuple[str, ...]]] = field(default_factory=list)


def run(imported: Import, mapping: Mapping[str, Any], refused_path: Path, progress: Progress | None = None) -> Import:
    """Load the file of `imported`. `progress(done, total)` is called after every batch.

    Afterwards rows_loaded + rows_same + rows_refused = rows_total. Raises BadTable, BadMapping before the first row.
    """
    table = open_table(Path(imported.file_path))
    checked = check(mapping, table.columns)
    reader = RowReader(checked, house().country)
    RefusedRow.objects.filter(imported=imported).delete()
    imported.mapping, imported.state, imported.error = dict(mapping), "running", ""
    imported.rows_done = imported.rows_loaded = imported.rows_same = imported.rows_refused = 0
    imported.rows_total = table.count()
    imported.save()
    loader = _Loader(imported, RefusedFile(refused_path, table.columns, imported), "v" if checked.has_visits else "p")
    for batch in _batches(table.rows()):
        loader.take(batch, reader)
        if progress is not None:
            progress(imported.rows_done, imported.rows_total)
    imported.refused_path = str(refused_path) if imported.rows_refused else ""
    imported.state, imported.ended_at, imported.rows_total = "done", now(), imported.rows_done
    imported.save()
    return imported


def _batches(rows: Iterable[RawRow]) -> Iterator[list[RawRow]]:
    walk = iter(rows)
    while batch := list(islice(walk, BATCH)):
        yield batch


class _Loader:
    """Takes batches; knows the import, the file of refused rows and the clinic's ids."""

    def __init__(self, imported: Import, refused: RefusedFile, what: str) -> None:
        self._imported, self._refused, self._what = imported, refused, what
        self._clinic = ClinicRows()

    def take(self, batch: list[RawRow], reader: RowReader) -> None:
        """Load one batch and count it."""
        with transaction.atomic():
            raws = {raw.line: raw for raw in batch}
            found = self._sort(batch, reader)
            loaded = self._load(found, raws)
            self._tell(loaded + found.same)
            imported = self._imported
            imported.rows_done += len(batch)
            imported.rows_loaded += len(loaded)
            imported.rows_same += len(found.same)
            imported.rows_refused += len(found.refused)
            imported.save(update_fields=["rows_done", "rows_loaded", "rows_same", "rows_refused"])
            found.refused.sort(key=lambda pair: pair[0].line)
            self._refused.add(found.refused)

    def _sort(self, batch: list[RawRow], reader: RowReader) -> _Sorted:
        found = _Sorted()
        rows: list[tuple[RawRow, Row]] = []
        for raw in batch:
            row, reasons = reader.read(raw)
            if row is None:
                found.refused.append((raw, reasons))
            else:
                rows.append((raw, row))
        told = self._told([_key(row) for _, row in rows])
        for raw, row in rows:
            digest, ours, line = told.get(_key(row), (b"", False, 0))
            if ours and line != row.line and digest != row.digest:
                what = "Визит с этим номером" if row.visit else "Пациент с этим номером"
                found.refused.append((raw, (f"{what} уже был в строке {line}, и там сказано другое",)))
                continue
            (found.same if digest == row.digest else found.fresh).append(row)
            if not ours:
                told[_key(row)] = (row.digest, True, row.line)
        return found

    def _told(self, keys: list[str]) -> dict[str, tuple[bytes, bool, int]]:
        """What was said of these before: its digest, whether by this very import, and in which line."""
        rows = asked(SQL["told_rows"], {"what": self._what, "external_ids": keys})
        return {key: (bytes(digest), by == self._imported.pk, line) for key, digest, by, line in rows}

    def _load(self, found: _Sorted, raws: dict[int, RawRow]) -> list[Row]:
        at = now()
        past = self._past(found.fresh, at)
        loaded = [row for row in found.fresh if row.line in past]
        if loaded:
            load_past([(row.patient, row.visit) for row in loaded if row.visit], self._clinic, at)
        for row in found.fresh:
            if row.line in past:
                continue
            try:
                load_visit(row.patient, row.visit) if row.visit else load_person(row.patient)
                loaded.append(row)
            except RowRefused as error:
                found.refused.append((raws[row.line], (str(error),)))
        return loaded

    def _past(self, rows: list[Row], at: datetime) -> set[int]:
        """Lines of rows that are history: over, and not a visit that lives in the house."""
        past = {
            row.visit.external_id: row.line
            for row in rows
            if row.visit and (row.visit.starts_at < at or row.visit.state in _ENDED)
        }
        living = asked(SQL["living_visits"], {"external_ids": list(past)})
        return set(past.values()) - {past[number] for (number,) in living}

    def _tell(self, rows: list[Row]) -> None:
        firsts: dict[str, Row] = {}
        for row in rows:
            firsts.setdefault(_key(row), row)
        said = sorted(firsts.values(), key=_key)
        if not said:
            return
        with connection.cursor() as cursor:
            cursor.execute(
                SQL["tell_rows"],
                {
                    "what": self._what,
                    "imported_id": self._imported.pk,
                    "external_ids": [_key(row) for row in said],
                    "digests": [row.digest for row in said],
                    "lines": [row.line for row in said],
                },
            )


def asked(statement: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    """The rows of a statement: one array instead of thousands of parameters."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())


def _key(row: Row) -> str:
    return row.visit.external_id if row.visit else row.patient.external_id
