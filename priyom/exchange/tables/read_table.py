"""Reads CSV and XLSX as a stream of rows: one row in memory at a time, its line in the file beside it.

Encoding (UTF-8 with or without a mark, UTF-16 with one, Windows-1251) and delimiter are found out, not asked.
"""

from __future__ import annotations

import codecs
import csv
import re
import zipfile
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import cached_property
from pathlib import Path
from typing import IO
from xml.etree.ElementTree import ParseError

DELIMITERS = ",;\t|"
MAX_COLUMNS = 500
LINE_COLUMN, REASON_COLUMN = "Строка в файле", "Почему не загружена"
"""What is added to refused rows; never taken as data when such a file comes back mended."""
UNREADABLE = "В строке нечитаемые знаки"
_UNREADABLE = re.compile("[\0\ud800-\udfff]")
_CHUNK = 1 << 20


class BadTable(ValueError):
    """The file is no table we can read; the message says why, for a person."""


@dataclass(frozen=True, slots=True)
class RawRow:
    """A row as it stands: line (the header is line 1), cells by column. `fault`: why it cannot be a row at all."""

    line: int
    cells: dict[str, str]
    fault: str = ""


class Table(ABC):
    """A table in a file. `columns` are unique names in order; `rows` may be walked again and again."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @cached_property
    def header(self) -> list[str]:
        """Names of all cells of the first row, made unique."""
        first = next(iter(self._cells()), None)
        if first is None:
            raise BadTable("Файл пуст")
        if len(first[1]) > MAX_COLUMNS:
            raise BadTable(f"В таблице {len(first[1])} столбцов: больше {MAX_COLUMNS} не читаем")
        return unique(first[1])

    @property
    def columns(self) -> list[str]:
        """The columns with data: without the two that we add to refused rows."""
        return [name for name in self.header if name not in (LINE_COLUMN, REASON_COLUMN)]

    def rows(self) -> Iterator[RawRow]:
        """The rows below the header; empty ones are left out. Raises BadTable."""
        header = self.header
        width = len(header)
        cells_of = iter(self._cells())
        next(cells_of, None)
        for line, cells, fault in cells_of:
            if not fault and not any(cells):
                continue
            if not fault and len(cells) > width and any(cells[width:]):
                fault = f"В строке {len(cells)} ячеек, а столбцов {width}: проверьте разделители и кавычки"
            if not storable("".join(cells)):
                cells, fault = [cell.encode("ascii", "ignore").decode().replace("\0", "") for cell in cells], UNREADABLE
            named = dict(zip(header, cells + [""] * (width - len(cells)), strict=False))
            named.pop(LINE_COLUMN, None)
            named.pop(REASON_COLUMN, None)
            yield RawRow(line, named, fault)

    def count(self) -> int:
        """How many rows there are; one pass without keeping them."""
        return sum(1 for _ in self.rows())

    @abstractmethod
    def _cells(self) -> Iterator[tuple[int, list[str], str]]:
        """(line, cells, fault) of every line, the heading first."""


class _Csv(Table):
    @cached_property
    def _encoding(self) -> str:
        return sniff_encoding(self.path)

    @cached_property
    def _delimiter(self) -> str:
        with self._open() as file:
            return sniff_delimiter(file.readline(1 << 16))

    def _open(self) -> IO[str]:
        return self.path.open(encoding=self._encoding, errors="replace", newline="")

    def _cells(self) -> Iterator[tuple[int, list[str], str]]:
        with self._open() as file:
            reader = csv.reader(file, delimiter=self._delimiter)
            last = 0
            while True:
                try:
                    cells, fault = next(reader), ""
                except StopIteration:
                    return
                except csv.Error:
                    cells, fault = [], "Строку не прочитать: кавычки не закрыты или ячейка слишком велика"
                line, last = last + 1, reader.line_num
                yield line, [cell.strip() for cell in cells], fault


class _Xlsx(Table):
    def _cells(self) -> Iterator[tuple[int, list[str], str]]:
        # Here alone, for loading it is a tenth of the start of every process of the program.
        from openpyxl import load_workbook  # noqa: PLC0415
        from openpyxl.utils.exceptions import InvalidFileException  # noqa: PLC0415

        try:
            book = load_workbook(self.path, read_only=True, data_only=True)
        except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, OSError, ParseError):
            raise BadTable("Это не книга Excel (.xlsx), или она повреждена") from None
        try:
            sheet = next((s for s in book.worksheets if s.sheet_state == "visible"), None)
            if sheet is None:
                raise BadTable("В книге нет листа с таблицей")
            for line, row in enumerate(sheet.iter_rows(values_only=True), 1):
                yield line, trim([cell_text(cell) for cell in row]), ""
        except (zipfile.BadZipFile, KeyError, ValueError, ParseError) as error:
            if isinstance(error, BadTable):
                raise
            raise BadTable("Лист не прочитать: книга повреждена") from None
        finally:
            book.close()


def open_table(path: Path) -> Table:
    """The table in a file: XLSX by its first bytes, else CSV. Raises BadTable (also later, while walking)."""
    try:
        with path.open("rb") as file:
            head = file.read(8)
    except OSError as error:
        raise BadTable(f"Файл {path} не открыть: {error.strerror}") from None
    if not head:
        raise BadTable("Файл пуст")
    if head[:4] == b"\xd0\xcf\x11\xe0":
        raise BadTable("Это старая книга Excel (.xls): сохраните ее как .xlsx или CSV")
    return _Xlsx(path) if head[:4] == b"PK\x03\x04" else _Csv(path)


def sniff_encoding(path: Path) -> str:
    """The encoding of a text file: a mark decides, else UTF-8 where the whole file is that, else Windows-1251."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    with path.open("rb") as file:
        head = file.read(4)
        if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return "utf-16"
        file.seek(0)
        try:
            while chunk := file.read(_CHUNK):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return "cp1251"
    return "utf-8-sig"


def sniff_delimiter(header: str) -> str:
    """The delimiter that stands most often in the header outside quotes; a comma when none does."""
    bare = "".join(header.split('"')[::2])
    return max(DELIMITERS, key=bare.count)


def unique(names: Sequence[str]) -> list[str]:
    """Column names without empties and doubles: `Имя`, `Имя (2)`, `Столбец 3`."""
    made: list[str] = []
    seen: set[str] = set()
    for number, name in enumerate(names, 1):
        base = " ".join(name.replace("\ufeff", "").split()) or f"Столбец {number}"
        candidate, copy = base, 1
        while candidate in seen:
            copy += 1
            candidate = f"{base} ({copy})"
        seen.add(candidate)
        made.append(candidate)
    return made


def cell_text(cell: object) -> str:
    """A cell of a sheet as the text a person sees: 12.0 is `12`, a date is ISO."""
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return cell.isoformat(sep=" ", timespec="seconds")
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, time):
        return cell.isoformat(timespec="minutes")
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    return str(cell).strip()


def storable(text: str) -> bool:
    """Whether the database takes it: no NUL, no half of a surrogate pair (a sheet may hide both)."""
    return _UNREADABLE.search(text) is None


def trim(cells: list[str]) -> list[str]:
    """Without the empty cells at the end, which a sheet has in plenty."""
    while cells and not cells[-1]:
        cells.pop()
    return cells
