"""What the benchmarks stand on: a database of their own that forgets nothing, the counting gateway as a process, and
reminders that are due."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from config import postgres

TEXT = (
    "Ахметова Айгуль, ждем Вас 5 марта в 09:30 к терапевту Сапарову Д. К. по адресу: г. Алматы, пр. Абая, 10. Придете?"
)
ROWS = [
    [{"id": "1", "label": "Приду", "action": "confirm"}],
    [{"id": "2", "label": "Перенести", "action": "move"}, {"id": "3", "label": "Отменить", "action": "cancel"}],
]


@contextmanager
def database() -> Iterator[None]:
    """A fresh, durable database with all tables; Django is ready inside. With `DATABASE_URL` given, that one."""
    data = Path(tempfile.mkdtemp(prefix="priyom-bench-"))
    data.chmod(0o711)
    os.environ.update(
        PRIYOM_DATA=str(data), PRIYOM_SANDBOX="0", PRIYOM_DEMO="0", DJANGO_SETTINGS_MODULE="config.settings"
    )
    server = None
    try:
        if not os.environ.get("DATABASE_URL"):
            server = postgres.ensure(data)
            os.environ["DATABASE_URL"] = server.url
        import django  # noqa: PLC0415 - the environment must stand first
        from django.core.management import call_command  # noqa: PLC0415

        django.setup()
        call_command("migrate", verbosity=0)
        yield
    finally:
        if server is not None:
            postgres.stop(server)
            postgres.destroy(data)
        shutil.rmtree(data, ignore_errors=True)


@contextmanager
def gateway() -> Iterator[str]:
    """The counting gateway in its own process; its address."""
    with gateway_process() as (base_url, _):
        yield base_url


@contextmanager
def gateway_process(*arguments: str) -> Iterator[tuple[str, int]]:
    """The same, with its process id."""
    command = [sys.executable, "-m", "journeys.counting_gateway", *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield f"http://127.0.0.1:{int(process.stdout.readline())}", process.pid
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def postgres_pid() -> int:
    """The main process of the database server, where it runs on this machine."""
    from django.db import connection  # noqa: PLC0415 - needs Django to be set up

    with connection.cursor() as cursor:
        cursor.execute("SHOW data_directory")
        return int((Path(cursor.fetchone()[0]) / "postmaster.pid").read_text().split()[0])


def statements() -> int:
    """How many transactions this database has ended. A connection tells its own when it closes, so ours is closed."""
    from django.db import connection  # noqa: PLC0415 - needs Django to be set up

    connection.close()
    time.sleep(0.2)
    with connection.cursor() as cursor:
        cursor.execute("SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = current_database()")
        return int(cursor.fetchone()[0])


def disable(account_id: int) -> None:
    """No engine shall touch this account."""
    from priyom.delivery.models import Account  # noqa: PLC0415 - models load only after Django's setup

    Account.objects.filter(pk=account_id).update(enabled=False)


def fill(base_url: str, count: int, key: str = "bench", channel: str = "counted_fast") -> int:
    """An account and `count` reminders due now, each to a patient of its own; the account's id."""
    from priyom.delivery import accounts  # noqa: PLC0415 - models load only after Django's setup
    from priyom.delivery.enqueue import Order, enqueue_many  # noqa: PLC0415
    from priyom.foundation.clock import now  # noqa: PLC0415
    from priyom.patients.models import ContactPoint, Patient  # noqa: PLC0415

    account = accounts.create(channel, "bench", key, {"base_url": base_url})
    at = now()
    patients = Patient.objects.bulk_create(
        [
            Patient(external_id=f"{key}-{n}", family="Иванов", given=str(n), created_at=at, changed_at=at)
            for n in range(count)
        ],
        batch_size=2000,
    )
    points = ContactPoint.objects.bulk_create(
        [
            ContactPoint(patient=patient, kind="phone", address=f"+7701{n:07d}", created_at=at)
            for n, patient in enumerate(patients)
        ],
        batch_size=2000,
    )
    enqueue_many(
        [
            Order(
                account.pk, point.address, {"text": TEXT, "rows": ROWS}, "notification", origin_id=point.pk,
                contact_point_id=point.pk, patient_id=point.patient_id, visit_id=n,
            )
            for n, point in enumerate(points)
        ]
    )  # fmt: skip
    return account.pk
