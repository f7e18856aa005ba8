"""A step of a scenario wakes the loop of scenarios, one of a route the loop of routes; an end wakes nobody."""

from __future__ import annotations

from django.db import migrations

WAKES = {"scenarios_run": ("scenarios", "due_at"), "notifications_notification": ("notifications", "act_at")}


def create(table: str, loop: str, column: str) -> str:
    return (
        f"DROP TRIGGER priyom_wake ON {table}; "
        f"CREATE TRIGGER priyom_wake AFTER INSERT OR UPDATE OF {column} ON {table} "
        f"FOR EACH ROW WHEN (NEW.{column} IS NOT NULL) EXECUTE FUNCTION priyom_wake('{loop}');"
    )


def before(table: str) -> str:
    return (
        f"DROP TRIGGER priyom_wake ON {table}; "
        f"CREATE TRIGGER priyom_wake AFTER INSERT OR UPDATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION priyom_wake('advance');"
    )


class Migration(migrations.Migration):
    dependencies = [("workers", "0007_recheck")]

    operations = [
        migrations.RunSQL(create(table, loop, column), before(table)) for table, (loop, column) in WAKES.items()
    ]
