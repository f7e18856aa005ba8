"""A thread that changes without a fact is news for whoever looks at it: somebody is writing, a colleague has read it."""

from __future__ import annotations

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("workers", "0002_wake_tenders"),
        ("inbox", "0002_typing_and_names"),
    ]

    operations = [
        migrations.RunSQL(
            "CREATE TRIGGER priyom_news AFTER UPDATE ON inbox_conversation "
            "FOR EACH STATEMENT EXECUTE FUNCTION priyom_wake('fact');",
            "DROP TRIGGER priyom_news ON inbox_conversation;",
        ),
    ]
