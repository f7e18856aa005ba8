"""What came of a call waits a moment in which it can be taken back; then the loop that carries it out is woken."""

from __future__ import annotations

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("workers", "0004_wake_late_answers"),
        ("inbox", "0006_calls_and_turns"),
    ]

    operations = [
        migrations.RunSQL(
            "CREATE TRIGGER priyom_wake_calls AFTER UPDATE OF said_until ON inbox_calltask "
            "FOR EACH STATEMENT EXECUTE FUNCTION priyom_wake('calls');",
            "DROP TRIGGER priyom_wake_calls ON inbox_calltask;",
        ),
    ]
