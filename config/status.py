"""`priyom status`: the state of an installation on one screen."""

from __future__ import annotations

from django.apps import apps
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

COUNTED = (
    ("branches", "clinic", "Branch"),
    ("patients", "patients", "Patient"),
    ("visits", "appointments", "Visit"),
    ("notifications", "notifications", "Notification"),
    ("deliveries", "delivery", "Delivery"),
    ("call tasks", "inbox", "CallTask"),
)


def show() -> int:
    """Print it; 0 when the database is of this version, 1 when migrations wait."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select current_setting('server_version'), current_database(),"
            " pg_size_pretty(pg_database_size(current_database()))"
        )
        version, name, size = cursor.fetchone()
    host = connection.settings_dict["HOST"] or "local socket"
    _line("database", f"{name} at {host}, PostgreSQL {version.split()[0]}, {size}")
    executor = MigrationExecutor(connection)
    waiting = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    _line("migrations", f"{waiting} waiting: run `priyom migrate`" if waiting else "up to date")
    if waiting:
        return 1
    _line("workers", _workers())
    for name, room, model in COUNTED:
        _line(name, str(apps.get_model(room, model)._default_manager.count()))
    return 0


def _workers() -> str:
    """Processes that run jobs and have shown a sign of life within the last half minute."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select count(*) from procrastinate_workers where last_heartbeat > now() - interval '30 seconds'"
        )
        (alive,) = cursor.fetchone()
    return f"{alive} alive" if alive else "none seen in the last 30 s"


def _line(name: str, text: str) -> None:
    print(f"{name:<20}{text}")  # noqa: T201
