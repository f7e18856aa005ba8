"""Triggers that tell the senders when something they have in hand may have become wrong: a visit moved or will not take
place, an address was lost, a consent withdrawn (see `notifications/sql/recheck.sql`). A statement that changed nothing
of these tells nothing.
"""

from __future__ import annotations

from django.db import migrations

INSERTED = "INSERT", "REFERENCING NEW TABLE AS fresh"
UPDATED = "UPDATE", "REFERENCING OLD TABLE AS before NEW TABLE AS fresh"

# name -> (table, event, the rows it sees, which of them matter)
TELLERS = {
    "visit_changed": (
        "appointments_visit", *UPDATED,
        "fresh JOIN before USING (id) WHERE fresh.version <> before.version OR fresh.state <> before.state",
    ),
    "address_lost": (
        "patients_reach", *UPDATED, "fresh JOIN before USING (id) WHERE fresh.lost <> before.lost",
    ),
    "lost_address": ("patients_reach", *INSERTED, "fresh WHERE lost <> ''"),
    "consent_withdrawn": ("consent_consent", *INSERTED, "fresh WHERE NOT given"),
}  # fmt: skip


def create(name: str, table: str, event: str, tables: str, matter: str) -> str:
    return f"""
CREATE FUNCTION priyom_recheck_{name}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM {matter}) THEN
        PERFORM pg_notify('priyom', 'recheck');
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER priyom_recheck_{name} AFTER {event} ON {table} {tables}
FOR EACH STATEMENT EXECUTE FUNCTION priyom_recheck_{name}();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("workers", "0006_tell_pages"),
        ("appointments", "0001_initial"),
        ("patients", "0001_initial"),
        ("consent", "0001_initial"),
    ]

    operations = [
        migrations.RunSQL(create(name, *parts), f"DROP FUNCTION priyom_recheck_{name}() CASCADE;")
        for name, parts in TELLERS.items()
    ]
