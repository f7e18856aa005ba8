"""Imports of a table: rows per second and memory, beside the fastest and the plainest way to put the same rows away.

    python -m bench.importing TABLE.csv [--mapping docs/mappings/kaggle-noshow.toml]

In one run on one durable database: the whole table through the import; the same again; the bare file by one COPY into a
table of texts (the limit: nothing is read, checked or tied together); 2,000 rows one by one through Django's models.
"""

from __future__ import annotations

import argparse
import csv
import resource
import sys
import time
from collections.abc import Callable
from itertools import islice
from pathlib import Path

from bench.stand import database

SAMPLE = 2000
FIRST = 10_000


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Measure imports.")
    parser.add_argument("table", type=Path)
    parser.add_argument("--mapping", type=Path, default=Path("docs/mappings/kaggle-noshow.toml"))
    arguments = parser.parse_args()
    with database():
        measure(arguments.table, arguments.mapping)


def measure(table: Path, mapping: Path) -> None:
    """Run everything and print the lines of RESULTS.md."""
    from priyom.exchange.tables.read_table import open_table  # noqa: PLC0415 - settings exist only inside `database`

    names = open_table(table).columns
    start = peak()
    part = table_of(table, FIRST)
    load(part, mapping)
    after_part = peak()
    part.unlink()
    total, seconds = timed(lambda: load(table, mapping))
    after_whole = peak()
    again, seconds_again = timed(lambda: load(table, mapping))
    copied, seconds_copy = timed(lambda: copy(table, names))
    saved, seconds_saved = timed(lambda: one_by_one(table))
    ours = total / seconds
    line("import, whole table", total, seconds, ours, ours)
    line("import, the same again", again, seconds_again, again / seconds_again, ours)
    line("COPY into a table of texts", copied, seconds_copy, copied / seconds_copy, ours)
    line("one by one through the models", saved, seconds_saved, saved / seconds_saved, ours)
    out(f"peak memory: {start} MB before, {after_part} MB after {FIRST:,} rows, {after_whole} MB after {total:,} rows")


def load(table: Path, mapping: Path) -> int:
    """Import the table; the number of rows accounted for."""
    from priyom.exchange.models import Import  # noqa: PLC0415
    from priyom.exchange.tables.load import run  # noqa: PLC0415
    from priyom.exchange.tables.mapping import read_mapping  # noqa: PLC0415
    from priyom.exchange.upload_folder import folder  # noqa: PLC0415
    from priyom.foundation.clock import now  # noqa: PLC0415

    imported = Import.objects.create(file_name=table.name, file_path=str(table), created_at=now())
    run(imported, read_mapping(mapping), folder() / f"{imported.pk}-refused.csv")
    done = imported.rows_loaded + imported.rows_same + imported.rows_refused
    assert done == imported.rows_total
    return done


def copy(table: Path, names: list[str]) -> int:
    """The file by one COPY, as it is, into a durable table of texts."""
    from django.db import connection  # noqa: PLC0415

    columns = ", ".join(f"c{n} text" for n in range(len(names)))
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TABLE bench_copy ({columns})")
        with cursor.copy("COPY bench_copy FROM STDIN (FORMAT csv, HEADER)") as stream, table.open("rb") as file:
            while chunk := file.read(1 << 16):
                stream.write(chunk)
        cursor.execute("SELECT count(*) FROM bench_copy")
        rows = int(cursor.fetchone()[0])
        cursor.execute("DROP TABLE bench_copy")
    return rows


def one_by_one(table: Path) -> int:
    """A sample through Django's models: get or create the patient and branch, create the visit."""
    from datetime import datetime, timedelta  # noqa: PLC0415

    from priyom.appointments.models import Visit  # noqa: PLC0415
    from priyom.clinic.models import Branch, Practitioner, Service  # noqa: PLC0415
    from priyom.foundation.clock import now  # noqa: PLC0415
    from priyom.patients.models import Patient  # noqa: PLC0415

    doctor = Practitioner.objects.create(external_id="bench", name="bench")
    service = Service.objects.create(external_id="bench", name="bench")
    with table.open(encoding="utf-8", newline="") as file:
        for row in islice(csv.DictReader(file), SAMPLE):
            at = now()
            branch, _ = Branch.objects.get_or_create(
                external_id=f"bench-{row['Neighbourhood']}", defaults={"name": "b", "time_zone": "America/Sao_Paulo"}
            )
            patient, _ = Patient.objects.get_or_create(
                external_id=f"bench-{row['PatientId']}",
                defaults={"family": "b", "given": "b", "created_at": at, "changed_at": at},
            )
            start = datetime.fromisoformat(row["AppointmentDay"])
            Visit.objects.create(
                external_id=f"bench-{row['AppointmentID']}", patient=patient, practitioner=doctor, service=service,
                branch=branch, starts_at=start, ends_at=start + timedelta(minutes=30), booked_at=start, changed_at=at,
                state="missed" if row["No-show"] == "Yes" else "completed", history=True,
            )  # fmt: skip
    return SAMPLE


def table_of(table: Path, rows: int) -> Path:
    """A copy of the first rows, in the installation's own folder."""
    from priyom.exchange.upload_folder import folder  # noqa: PLC0415

    part = folder() / "part.csv"
    with table.open(encoding="utf-8") as whole, part.open("w", encoding="utf-8") as file:
        file.writelines(islice(whole, rows + 1))
    return part


def timed(work: Callable[[], int]) -> tuple[int, float]:
    """(what it returns, seconds)."""
    start, cpu = time.perf_counter(), time.process_time()
    rows = work()
    seconds = time.perf_counter() - start
    out(f"  {rows:,} rows in {seconds:.1f} s, of which {time.process_time() - cpu:.1f} s in this process")
    return rows, seconds


def peak() -> int:
    """The most memory this process has held so far, MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def line(name: str, rows: int, seconds: float, rate: float, ours: float) -> None:
    """One row of the table: the ratio is to the import of the whole table."""
    out(f"| {name} | {rows:,} | {seconds:.1f} s | {rate:,.0f}/s | {rate / ours:.2f} |")


def out(text: str) -> None:
    """Print a line at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
