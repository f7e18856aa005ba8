"""Reading, mapping and checking of tables: whatever stands in a file, rows come out or reasons do. No database."""

from __future__ import annotations

import csv
import tempfile
from datetime import datetime, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from priyom.exchange.tables.guess import guess_mapping
from priyom.exchange.tables.mapping import BadMapping, check, read_mapping
from priyom.exchange.tables.read_table import LINE_COLUMN, REASON_COLUMN, BadTable, RawRow, open_table, unique
from priyom.exchange.tables.row import RowReader
from priyom.exchange.tables.targets import TARGETS

ROOT = Path(__file__).resolve().parents[3]
HEADER = ["Пациент", "Телефон", "Дата", "Время", "Врач", "Услуга", "Филиал"]
ROW = ["Ким Анна Ли", "8 701 123 45 67", "03.03.2026", "10:00", "Цой Б.", "Прием", "На Абая"]


def mapping(**fields: dict[str, Any]) -> dict[str, Any]:
    guessed = guess_mapping({name: [value] for name, value in zip(HEADER, ROW, strict=True)}, "Asia/Almaty")
    guessed["fields"].update(fields)
    return guessed


def read(cells: list[str], **fields: dict[str, Any]) -> Any:
    names = HEADER + [f"c{n}" for n in range(len(cells) - len(HEADER))]
    reader = RowReader(check(mapping(**fields), names), "KZ")
    return reader.read(RawRow(2, dict(zip(names, cells, strict=True))))


def test_a_good_row() -> None:
    row, errors = read(ROW)
    assert errors == ()
    assert (row.patient.family, row.patient.given, row.patient.patronymic) == ("Ким", "Анна", "Ли")
    assert row.patient.phone == "+77011234567"
    assert row.visit.starts_at.isoformat() == "2026-03-03T05:00:00+00:00"
    assert row.visit.ends_at.isoformat() == "2026-03-03T05:30:00+00:00"
    assert row.visit.external_id.startswith("table-v-")
    assert row.digest == read(ROW)[0].digest
    assert row.digest != read([*ROW[:5], "Анализ", ROW[6]])[0].digest


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        (0, "", "фамилии"), (1, "12345", "цифр"), (1, "нет", "номер"), (2, "31.02.2026", "не дата"),
        (2, "", "Нет даты"),
        (2, "03.03.0206", "Год"), (3, "25:00", "не время"), (3, "", "Нет времени"), (4, "", "врач"), (5, "", "услуга"),
        (6, "", "филиал"), (0, "я" * 400, "длиннее"),
    ],
)  # fmt: skip
def test_every_reason_is_said(column: int, value: str, words: str) -> None:
    cells = list(ROW)
    cells[column] = value
    row, errors = read(cells)
    assert row is None
    assert any(words in error for error in errors), errors


def test_all_reasons_at_once() -> None:
    _, errors = read([ROW[0], "1", "вчера", "рано", "", "", ""])
    assert len(errors) == 6


def test_ages_and_bookings_are_checked() -> None:
    fields: dict[str, dict[str, Any]] = {"patient.age": {"column": "c0"}, "visit.booked_at": {"column": "c1"}}
    assert read([*ROW, "0", "03.03.2026 23:59"], **fields)[1] == ()
    assert "Возраст -1" in read([*ROW, "-1", ""], **fields)[1][0]
    assert "раньше" in read([*ROW, "", "04.03.2026 00:00"], **fields)[1][0]


def test_the_end_as_a_time_a_moment_or_a_length() -> None:
    end: dict[str, dict[str, Any]] = {"visit.end": {"column": "c0"}}
    assert read([*ROW, "11:15"], **end)[0].visit.ends_at.isoformat() == "2026-03-03T06:15:00+00:00"
    assert read([*ROW, "03.03.2026 11:15"], **end)[0].visit.ends_at.isoformat() == "2026-03-03T06:15:00+00:00"
    assert read([*ROW, "09:00"], **end)[1]
    length: dict[str, dict[str, Any]] = {"visit.minutes": {"column": "c0"}}
    assert read([*ROW, "45"], **length)[0].visit.ends_at.isoformat() == "2026-03-03T05:45:00+00:00"
    assert read([*ROW, "0"], **length)[1]


def test_values_and_words_of_states() -> None:
    state: dict[str, dict[str, Any]] = {"visit.state": {"column": "c0", "values": {"+": "completed"}}}
    assert read([*ROW, "+"], **state)[0].visit.state == "completed"
    assert read([*ROW, "Не явился"], **state)[0].visit.state == "missed"
    assert read([*ROW, ""], **state)[0].visit.state == ""
    assert read([*ROW, "может быть"], **state)[1]


@given(cells=st.lists(st.text(max_size=30), min_size=9, max_size=9), fmt=st.sampled_from(["", "%d.%m.%Y", "%Q", "%"]))
def test_no_row_crashes(cells: list[str], fmt: str) -> None:
    fields: dict[str, dict[str, Any]] = {
        "visit.date": {"column": "Дата", "format": fmt},
        "patient.age": {"column": "c0"},
        "visit.end": {"column": "c1"},
        "branch.time_zone": {"column": "c1"},
    }
    row, errors = read(cells, **fields)
    assert (row is None) == bool(errors)


@given(
    cells=st.lists(
        st.sampled_from(
            ["9999-12-31 23:59", "2026-03-29T02:30", "1990-01-01", "2100-12-31 23:59-12:00", "٣", "12:00", "24:00"]
        ),
        min_size=7, max_size=7,
    )
)  # fmt: skip
def test_no_moment_crashes(cells: list[str]) -> None:
    row, errors = read(cells, **{"visit.start": {"column": "Дата"}})
    assert (row is None) == bool(errors)


def test_a_bad_mapping_is_told_of_at_once() -> None:
    bad = {"time_zone": "Mars", "fields": {"visit.date": {"column": "Нет"}, "x": {}, "patient.sex": {"from": "a"}}}
    with pytest.raises(BadMapping) as caught:
        check(bad, HEADER)
    assert len(caught.value.problems) >= 6
    odds: tuple[dict[Any, Any], ...] = (
        {},
        {"fields": []},
        {"fields": {"visit.id": 3}},
        {"fields": {1: {}}},
        {"fields": {"visit.id": {1: 2}}},
    )
    for odd in odds:
        with pytest.raises(BadMapping):
            check(odd, HEADER)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1251", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_encodings_and_delimiters(tmp_path: Path, encoding: str, delimiter: str) -> None:
    path = tmp_path / "a.csv"
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file, delimiter=delimiter).writerows([HEADER, ["Ким; Анна,\nЛи", *ROW[1:]], [], ROW])
    table = open_table(path)
    rows = list(table.rows())
    assert table.columns == HEADER
    assert [row.line for row in rows] == [2, 5]
    assert rows[0].cells["Пациент"] == "Ким; Анна,\nЛи"
    assert table.count() == 2


def test_sheets(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["ФИО", "Телефон", "Дата", "Время", None])
    sheet.append(["Ким", 87011234567, datetime(2026, 3, 3), time(10, 30), None])
    sheet.append([None, None, None])
    sheet.append(["Цой", "8 702", datetime(2026, 3, 3, 9, 15)])
    book.save(path)
    table = open_table(path)
    first, second = table.rows()
    assert first.cells == {"ФИО": "Ким", "Телефон": "87011234567", "Дата": "2026-03-03 00:00:00", "Время": "10:30"}
    assert (second.line, second.cells["Дата"], second.cells["Время"]) == (4, "2026-03-03 09:15:00", "")


def test_ragged_and_broken_rows_have_a_reason(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"a,b\n1,2,3\n1\n1,2,\n\x00,1\n" + b'"' + b"x" * 200_000 + b"\n")
    rows = list(open_table(path).rows())
    assert [bool(row.fault) for row in rows] == [True, False, False, True, True]
    assert rows[1].cells == {"a": "1", "b": ""}


@given(st.binary(max_size=300))
def test_no_file_crashes(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for head in (b"", b"a;b\n", b"PK\x03\x04", b"\xff\xfe", b"\xd0\xcf\x11\xe0"):
            path = Path(folder) / "t"
            path.write_bytes(head + content)
            try:
                table = open_table(path)
                columns, count, rows = table.columns, table.count(), list(table.rows())
            except BadTable:
                continue
            assert len(set(columns)) == len(columns)
            assert count == len(rows)


def test_refused_columns_are_not_data(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"a,{LINE_COLUMN},{REASON_COLUMN}\n1,7,плохо\n", encoding="utf-8")
    table = open_table(path)
    assert table.columns == ["a"]
    assert next(iter(table.rows())).cells == {"a": "1"}


@given(st.lists(st.text(max_size=5), max_size=8))
def test_names_become_unique(names: list[str]) -> None:
    made = unique(names)
    assert len(made) == len(names) == len(set(made))
    assert unique(made) == made


@pytest.mark.parametrize(
    "headings",
    [
        {"visit.start": "Начало приема", "patient.name": "ФИО пациента", "patient.phone": "Телефон"},
        {"visit.date": "Күні", "visit.time": "Уақыты", "patient.name": "Аты-жөні", "practitioner.name": "Дәрігер"},
        {"visit.id": "Appointment_ID", "patient.family": "Last Name", "branch.name": "Location"},
    ],
)  # fmt: skip
def test_headings_of_three_languages(headings: dict[str, str]) -> None:
    guessed = guess_mapping({name: [] for name in headings.values()}, "Asia/Almaty")
    assert {key: spec["column"] for key, spec in guessed["fields"].items()} == headings


def test_a_no_show_column_is_turned_round() -> None:
    guessed = guess_mapping({"No-show": ["Yes", "No"]}, "UTC")["fields"]["visit.state"]
    assert (guessed["values"]["yes"], guessed["values"]["no"]) == ("missed", "completed")
    assert guess_mapping({"Явка": ["да"]}, "UTC")["fields"]["visit.state"]["values"]["да"] == "completed"
    assert guess_mapping({"Дата": ["01.02.2026 10:30"]}, "UTC")["fields"].keys() == {"visit.start"}


def test_no_heading_means_two_things() -> None:
    headings = [heading for target in TARGETS for heading in target.headings]
    assert len(headings) == len(set(headings))
    assert all(heading == heading.casefold() for heading in headings)


def test_the_kept_mapping_files_are_good() -> None:
    for path in (ROOT / "docs" / "mappings").iterdir():
        made = read_mapping(path)
        names = {spec["column"] for spec in made["fields"].values() if "column" in spec}
        assert check(made, sorted(names)).zone == ZoneInfo(made["time_zone"])
