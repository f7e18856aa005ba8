"""A file that waits at the vendor wakes whoever tends its account; one that has come is news for open threads."""

from __future__ import annotations

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("workers", "0001_wake"),
        ("delivery", "0003_files_and_sessions"),
    ]

    operations = [
        migrations.RunSQL(
            "CREATE TRIGGER priyom_wake AFTER INSERT ON delivery_storedfile "
            "FOR EACH STATEMENT EXECUTE FUNCTION priyom_wake('tend');",
            "DROP TRIGGER priyom_wake ON delivery_storedfile;",
        ),
        migrations.RunSQL(
            "CREATE TRIGGER priyom_news AFTER UPDATE ON delivery_storedfile "
            "FOR EACH STATEMENT EXECUTE FUNCTION priyom_wake('fact');",
            "DROP TRIGGER priyom_news ON delivery_storedfile;",
        ),
    ]
