"""Loading of tables into the house: past in bulk, future through the rooms' verbs, refusals kept, nothing twice."""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.test import override_settings
from procrastinate.contrib.django.models import ProcrastinateJob

from priyom.appointments import change
from priyom.appointments.models import Visit
from priyom.clinic.models import Branch, House
from priyom.exchange import upload
from priyom.exchange.command import import_visits
from priyom.exchange.jobs import load_table
from priyom.exchange.models import Import, RefusedRow
from priyom.exchange.tables.load import run
from priyom.exchange.tables.mapping import BadMapping
from priyom.exchange.tables.read_table import LINE_COLUMN, REASON_COLUMN, BadTable
from priyom.exchange.upload_folder import folder
from priyom.foundation.clock import clock, now
from priyom.journal.models import Fact
from priyom.patients.keep import ContactRecord, PatientRecord, keep
from priyom.patients.models import ContactPoint, Patient

pytestmark = pytest.mark.django_db
AT = datetime(2026, 3, 2, 6, tzinfo=UTC)
HEADER = ["Визит", "Карта", "ФИО", "Телефон", "Начало", "Врач", "Услуга", "Филиал", "Статус"]


@pytest.fixture(autouse=True)
def _house(tmp_path: Path) -> Any:
    clock.freeze(AT)
    House.objects.create(pk=1, country="KZ")
    with override_settings(DATA=tmp_path):
        yield


def row(number: str, start: str, **over: str) -> list[str]:
    plain = [number, "к-1", "Ким Анна", "8 701 123 45 67", start, "Ли А.", "Прием", "На Абая", ""]
    values = dict(zip(HEADER, plain, strict=True))
    return list((values | over).values())


def table(tmp_path: Path, *rows: list[str], header: list[str] = HEADER) -> Path:
    path = tmp_path / "table.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=";").writerows([header, *rows])
    return path


def load(path: Path, **mapping: Any) -> Import:
    imported = Import.objects.create(file_name=path.name, file_path=str(path), created_at=now())
    guessed = upload.guess(imported) | {"time_zone": "Asia/Almaty"} | mapping
    return run(imported, guessed, path.with_name("refused.csv"))


def counts(imported: Import) -> tuple[int, int, int]:
    assert imported.rows_total == imported.rows_loaded + imported.rows_same + imported.rows_refused
    assert imported.rows_done == imported.rows_total
    return imported.rows_loaded, imported.rows_same, imported.rows_refused


PAST, FUTURE = "01.03.2026 10:00", "05.03.2026 10:00"


def test_past_in_bulk_and_future_through_the_verbs(tmp_path: Path) -> None:
    path = table(tmp_path, row("1", PAST, Статус="Неявка"), row("2", FUTURE), row("3", FUTURE, Статус="Отменен"))
    assert counts(load(path)) == (3, 0, 0)
    states = {v.external_id: (v.state, v.history) for v in Visit.objects.all()}
    assert states == {"1": ("missed", True), "2": ("booked", False), "3": ("cancelled", True)}
    assert list(Fact.objects.filter(type__startswith="Visit").values_list("type", flat=True)) == ["VisitBooked"]
    assert (Patient.objects.get().family, ContactPoint.objects.get().address) == ("Ким", "+77011234567")
    assert Branch.objects.get().time_zone == "Asia/Almaty"
    assert counts(load(path)) == (0, 3, 0)


def test_the_same_file_does_not_undo_what_patients_did(tmp_path: Path) -> None:
    path = table(tmp_path, row("1", FUTURE), row("2", "05.03.2026 11:00"))
    load(path)
    first, second = Visit.objects.order_by("external_id")
    change.cancel(first.pk, by="patient")
    change.move(second.pk, datetime(2026, 3, 6, 5, tzinfo=UTC), datetime(2026, 3, 6, 6, tzinfo=UTC), by="patient")
    facts = Fact.objects.count()
    assert counts(load(path)) == (0, 2, 0)
    assert list(Visit.objects.order_by("external_id").values_list("state", flat=True)) == ["cancelled", "moved"]
    assert Fact.objects.count() == facts


def test_a_changed_row_moves_and_ends_a_living_visit(tmp_path: Path) -> None:
    load(table(tmp_path, row("1", FUTURE)))
    assert counts(load(table(tmp_path, row("1", "06.03.2026 10:00")))) == (1, 0, 0)
    assert Visit.objects.get().state == "moved"
    clock.freeze(datetime(2026, 3, 7, tzinfo=UTC))
    assert counts(load(table(tmp_path, row("1", "06.03.2026 10:00", Статус="состоялся")))) == (1, 0, 0)
    visit = Visit.objects.get()
    assert (visit.state, visit.history) == ("completed", False)
    assert counts(load(table(tmp_path, row("1", "08.03.2026 10:00")))) == (0, 0, 1)


def test_refused_rows_are_mended_and_loaded_again(tmp_path: Path) -> None:
    bad = row("2", "31.02.2026 10:00", Телефон="12", ФИО="=Ли; Цой")
    imported = load(table(tmp_path, row("1", PAST), bad, row("3", "")))
    assert counts(imported) == (1, 0, 2)
    assert list(RefusedRow.objects.values_list("line", flat=True)) == [3, 4]
    path = Path(imported.refused_path)
    assert path.stat().st_mode & 0o777 == 0o600
    with path.open(encoding="utf-8-sig", newline="") as file:
        found = list(csv.DictReader(file))
    assert list(found[0]) == [*HEADER, LINE_COLUMN, REASON_COLUMN]
    assert (found[0][LINE_COLUMN], found[0]["ФИО"]) == ("3", "=Ли; Цой")
    assert "12" in found[0][REASON_COLUMN]
    assert "не дата" in found[0][REASON_COLUMN]
    for one in found:
        one["Начало"], one["Телефон"] = PAST, ""
    mended = path.with_name("mended.csv")
    with mended.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(found[0]))
        writer.writeheader()
        writer.writerows(found)
    again = load(mended)
    assert (counts(again), again.refused_path) == ((2, 0, 0), "")


def test_a_number_said_twice(tmp_path: Path) -> None:
    path = table(tmp_path, row("1", PAST), row("1", PAST), row("1", FUTURE), row("2", FUTURE), row("2", PAST))
    for wanted in ((2, 1, 2), (0, 3, 2)):
        imported = load(path)
        assert counts(imported) == wanted
        reasons = list(RefusedRow.objects.filter(imported=imported).values_list("line", "reason"))
        assert [line for line, _ in reasons] == [4, 6]
        assert "в строке 2" in reasons[0][1]
    assert Visit.objects.count() == 2


def test_the_past_does_not_overwrite_what_is_known(tmp_path: Path) -> None:
    keep(PatientRecord("к-1", "Цой", "Анна", sex="f", contacts=(ContactRecord("telegram", "77"),)))
    load(table(tmp_path, row("1", PAST)))
    patient = Patient.objects.get()
    assert (patient.family, patient.sex) == ("Цой", "f")
    assert set(ContactPoint.objects.filter(removed_at=None).values_list("kind", flat=True)) == {"telegram", "phone"}


def test_the_future_keeps_addresses_the_table_does_not_know(tmp_path: Path) -> None:
    known = (ContactRecord("telegram", "77"), ContactRecord("phone", "87000000000"))
    keep(PatientRecord("к-1", "Цой", "Анна", contacts=known))
    load(table(tmp_path, row("1", FUTURE)))
    live = ContactPoint.objects.filter(removed_at=None).values_list("kind", "address")
    assert set(live) == {("telegram", "77"), ("phone", "+77011234567")}
    assert Patient.objects.get().family == "Ким"


def test_a_table_of_patients_alone(tmp_path: Path) -> None:
    header = ["Карта", "Фамилия", "Имя", "Пол", "Почта"]
    path = table(tmp_path, ["1", "Ким", "Анна", "ж", "a@b.kz"], ["2", "Ли", "", "м", "x"], header=header)
    assert counts(load(path)) == (1, 0, 1)
    assert counts(load(path)) == (0, 1, 1)
    assert Patient.objects.get().sex == "f"


def test_an_interrupted_import_is_started_again(tmp_path: Path) -> None:
    path = table(tmp_path, row("1", PAST), row("2", FUTURE))
    imported = load(path)
    assert counts(run(imported, imported.mapping, path.with_name("refused.csv"))) == (0, 2, 0)


def test_the_door_of_the_page(tmp_path: Path) -> None:
    content = table(tmp_path, row("1", PAST), row("2", "нет")).read_bytes()
    imported = upload.begin(None, "C:\\стол\\визиты.csv", [content[:50], content[50:]])
    assert imported.file_name == "визиты.csv"
    assert Path(imported.file_path).read_bytes() == content
    assert upload.columns(imported)[0] == upload.Column("Визит", ("1", "2"))
    guessed = upload.guess(imported) | {"time_zone": "Asia/Almaty"}
    shown = upload.preview(imported, guessed)
    assert [bool(line.errors) for line in shown.rows] == [False, True]
    assert shown.rows[0].values["patient.name"] == "Ким Анна"
    assert {field.key for field in shown.fields} == set(guessed["fields"])
    assert upload.preview(imported, {"fields": {}}).problems
    assert not Visit.objects.exists()
    with pytest.raises(BadMapping):
        upload.start(imported, {"fields": {}})
    upload.start(imported, guessed)
    job = ProcrastinateJob.objects.get()
    assert (job.task_name, job.args) == ("exchange.load_table", {"import_id": imported.pk})
    load_table(imported.pk)
    imported.refresh_from_db()
    assert (imported.state, counts(imported)) == ("done", (1, 0, 1))
    assert imported.ended_at == AT
    load_table(imported.pk)
    assert Visit.objects.count() == 1


def test_no_table_leaves_nothing() -> None:
    for content in (b"", b"PK\x03\x04nothing"):
        with pytest.raises(BadTable):
            upload.begin(None, "a.csv", [content])
    assert not Import.objects.exists()
    assert not list(folder().iterdir())


def test_a_job_tells_its_failure_in_the_row(tmp_path: Path) -> None:
    path = table(tmp_path, row("1", PAST))
    imported = Import.objects.create(
        file_name="a", file_path=str(path.with_name("gone.csv")), created_at=AT, state="running"
    )
    load_table(imported.pk)
    imported.refresh_from_db()
    assert (imported.state, bool(imported.error), imported.ended_at) == ("failed", True, AT)


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = table(tmp_path, row("1", PAST), row("2", "нет"))
    file = tmp_path / "map.toml"
    lines = ['time_zone = "Asia/Almaty"']
    fields = {"visit.id": "Визит", "patient.id": "Карта", "patient.name": "ФИО", "visit.start": "Начало"}
    fields |= {"practitioner.name": "Врач", "service.name": "Услуга", "branch.name": "Филиал"}
    for key, column in fields.items():
        lines.append(f'[fields."{key}"]\ncolumn = "{column}"')
    file.write_text("\n".join(lines), encoding="utf-8")
    seen: list[tuple[int, int]] = []
    assert import_visits(path, file, lambda done, total: seen.append((done, total))) == 1
    assert seen == [(2, 2)]
    out = capsys.readouterr().out
    assert str(Import.objects.get().refused_path) in out
    file.write_text("oops", encoding="utf-8")
    with pytest.raises(BadMapping):
        import_visits(path, file)
