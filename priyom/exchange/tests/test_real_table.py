"""110,527 real visits, whole: every row accounted for, the dirty ones refused with their line, twice the same."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from priyom.appointments.models import Visit
from priyom.clinic.models import Branch
from priyom.exchange.models import Import
from priyom.exchange.tables.load import run
from priyom.exchange.tables.mapping import read_mapping
from priyom.exchange.tables.read_table import LINE_COLUMN
from priyom.foundation.clock import now
from priyom.journal.models import Fact
from priyom.patients.models import Patient

ROOT = Path(__file__).resolve().parents[3]
TABLE = ROOT.parent / "shared" / "data" / "noshow" / "KaggleV2-May-2016.csv"
MAPPING = ROOT / "docs" / "mappings" / "kaggle-noshow.toml"
ROWS = 110_527

pytestmark = pytest.mark.skipif(not TABLE.exists(), reason=f"the public data set is not at {TABLE}")


def load(path: Path, refused: Path) -> Import:
    imported = Import.objects.create(file_name=path.name, file_path=str(path), created_at=now())
    return run(imported, read_mapping(MAPPING), refused)


@pytest.mark.django_db(transaction=True)
def test_the_whole_table_twice(tmp_path: Path) -> None:
    first = load(TABLE, tmp_path / "refused.csv")
    assert (first.rows_total, first.rows_loaded, first.rows_same, first.rows_refused) == (ROWS, ROWS - 6, 0, 6)
    counts = (Visit.objects.count(), Patient.objects.count(), Branch.objects.count(), Fact.objects.count())
    assert counts == (ROWS - 6, 62_298, 81, 0)
    assert Visit.objects.filter(state="missed").count() == 22_319 - 5
    assert not Visit.objects.filter(history=False).exists()
    with (tmp_path / "refused.csv").open(encoding="utf-8-sig", newline="") as file:
        refused = list(csv.DictReader(file))
    with TABLE.open(encoding="utf-8", newline="") as file:
        lines = file.read().splitlines()
    for row in refused:
        dirty = int(row["Age"]) < 0 or row["AppointmentDay"][:10] < row["ScheduledDay"][:10]
        assert dirty
        assert row["AppointmentID"] in lines[int(row[LINE_COLUMN]) - 1]

    second = load(TABLE, tmp_path / "refused2.csv")
    assert (second.rows_loaded, second.rows_same, second.rows_refused) == (0, ROWS - 6, 6)
    assert counts == (Visit.objects.count(), Patient.objects.count(), Branch.objects.count(), Fact.objects.count())

    mended = tmp_path / "mended.csv"
    for row in refused:
        row["Age"], row["ScheduledDay"] = "30", "2015-12-01T10:00:00Z"
    with mended.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(refused[0]))
        writer.writeheader()
        writer.writerows(refused)
    third = load(mended, tmp_path / "refused3.csv")
    assert (third.rows_loaded, third.rows_refused, third.refused_path) == (6, 0, "")
    assert Visit.objects.count() == ROWS
