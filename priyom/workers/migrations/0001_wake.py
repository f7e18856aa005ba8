"""Statement triggers that wake the loops: whoever writes work down need not remember to say so."""

from __future__ import annotations

from django.db import migrations

WAKES = {
    "journal_pending": ("react", "INSERT OR UPDATE"),
    "journal_fact": ("fact", "INSERT"),
    "delivery_delivery": ("deliver", "INSERT"),
    "delivery_account": ("deliver", "INSERT OR UPDATE"),
    "delivery_rawupdate": ("interpret", "INSERT"),
    "notifications_notification": ("advance", "INSERT OR UPDATE"),
    "scenarios_run": ("advance", "INSERT OR UPDATE"),
    "inbox_incoming": ("fact", "INSERT"),
    "inbox_calltask": ("fact", "INSERT OR UPDATE"),
}

FUNCTION = """
CREATE FUNCTION priyom_wake() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('priyom', TG_ARGV[0]);
    RETURN NULL;
END $$;
"""


def create(table: str, loop: str, events: str) -> str:
    return (
        f"CREATE TRIGGER priyom_wake AFTER {events} ON {table} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION priyom_wake('{loop}');"
    )


class Migration(migrations.Migration):
    dependencies = [
        ("journal", "0001_initial"),
        ("delivery", "0001_initial"),
        ("notifications", "0001_initial"),
        ("scenarios", "0001_initial"),
        ("inbox", "0001_initial"),
    ]

    operations = [
        migrations.RunSQL(FUNCTION, "DROP FUNCTION priyom_wake();"),
        *(
            migrations.RunSQL(create(table, loop, events), f"DROP TRIGGER priyom_wake ON {table};")
            for table, (loop, events) in WAKES.items()
        ),
    ]
