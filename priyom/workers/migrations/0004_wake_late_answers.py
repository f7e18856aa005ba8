"""An answer on a visitor's page wakes whoever looks after it: its due time bounds the loop's sleep."""

from __future__ import annotations

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("workers", "0003_wake_threads"),
        ("inbox", "0003_pages_of_visitors"),
    ]

    operations = [
        migrations.RunSQL(
            "CREATE TRIGGER priyom_wake AFTER INSERT ON inbox_lateanswer "
            "FOR EACH STATEMENT EXECUTE FUNCTION priyom_wake('late');",
            "DROP TRIGGER priyom_wake ON inbox_lateanswer;",
        ),
    ]
