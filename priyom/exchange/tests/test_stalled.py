"""An import whose worker died is begun again, by exactly one other, and not for ever."""

from __future__ import annotations

import asyncio
import csv
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection
from procrastinate.contrib.django import app

from priyom.appointments.models import Visit
from priyom.clinic.models import House
from priyom.exchange import jobs, upload
from priyom.exchange.models import Import
from priyom.foundation.clock import now

pytestmark = pytest.mark.django_db(transaction=True)

ROWS = [
    ["Визит", "Карта", "ФИО", "Телефон", "Начало", "Врач", "Услуга", "Филиал"],
    ["в-1", "к-1", "Ким Анна", "8 701 123 45 67", "02.03.2020 10:00", "Ли А.", "Прием", "На Абая"],
]


@pytest.fixture
def jobs_table(transactional_db: None) -> Iterator[None]:
    """Empty, before and after: the test database's own cleaning does not know it."""
    for step in range(2):
        with connection.cursor() as cursor:
            cursor.execute("TRUNCATE procrastinate_jobs, procrastinate_workers CASCADE")
        if step == 0:
            yield


@pytest.fixture
def imported(jobs_table: None, tmp_path: Path, settings: object) -> Import:
    """One that is running, its job ordered."""
    settings.DATA = tmp_path  # type: ignore[attr-defined]
    House.objects.create(pk=1, country="KZ")
    path = tmp_path / "table.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=";").writerows(ROWS)
    made = Import.objects.create(file_name=path.name, file_path=str(path), created_at=now(), state="running")
    made.mapping = upload.guess(made) | {"time_zone": "Asia/Almaty"}
    made.save()
    jobs.load_table.defer(import_id=made.pk)
    return made


def taken_by_a_worker(seconds_silent: int, attempts: int = 0) -> None:
    """Somebody has the job in hand, and was heard of so long ago."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - %s * interval '1 s') RETURNING id",
            [seconds_silent],
        )
        cursor.execute(
            "UPDATE procrastinate_jobs SET status = 'doing', worker_id = %s, attempts = %s",
            [cursor.fetchone()[0], attempts],
        )


def work() -> None:
    """What the next minute of another worker does."""

    async def go() -> None:
        worker_app = app.with_connector(app.connector.get_worker_connector())  # type: ignore[attr-defined]
        async with worker_app.open_async():
            await jobs.retry_left_behind(worker_app.job_manager)
            await worker_app.run_worker_async(wait=False, install_signal_handlers=False, queues=["imports"])

    asyncio.run(go())


def job_states() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT status FROM procrastinate_jobs WHERE task_name = %s", [jobs.LOAD])
        return [row[0] for row in cursor.fetchall()]


def test_a_dead_workers_import_is_begun_again(imported: Import) -> None:
    taken_by_a_worker(seconds_silent=60)
    work()
    imported.refresh_from_db()
    assert (imported.state, imported.rows_done, Visit.objects.count()) == ("done", 1, 1)
    assert job_states() == ["succeeded"]


def test_a_living_workers_import_is_left_alone(imported: Import) -> None:
    taken_by_a_worker(seconds_silent=5)
    work()
    imported.refresh_from_db()
    assert (imported.state, job_states()) == ("running", ["doing"])


def test_what_kills_every_worker_ends_as_failed(imported: Import) -> None:
    taken_by_a_worker(seconds_silent=60, attempts=jobs.MOST_TRIES - 1)
    work()
    imported.refresh_from_db()
    assert (imported.state, imported.error, job_states()) == ("failed", jobs.CRASHED, ["failed"])
    assert imported.ended_at is not None
