"""Messages are found by their words, unknown chats by any part of their name; the queue's tabs, channels and branches
are read in order.

The folding is written out here, letter for letter (priyom.inbox.kazakh_rules has the same, and a test compares them): it
must not depend on the server's locale, and what an index holds must never change by itself.
"""

from __future__ import annotations

from typing import ClassVar

import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.db.models.deletion
from django.db import migrations, models

SMALL = "абвгдежзийклмнопрстуфхцчшщъыьэюя"
CAPITAL = "АБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯ"
OTHERS, OTHER_CAPITALS, FOLDED = "ёәғқңөұүһі", "ЁӘҒҚҢӨҰҮҺІ", "еагкноуухи"
FOLD = f"""
CREATE FUNCTION priyom_words(said text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN regexp_replace(
    translate(
        said,
        '{OTHERS}{OTHER_CAPITALS}{CAPITAL}ABCDEFGHIJKLMNOPQRSTUVWXYZ',
        '{FOLDED}{FOLDED}{SMALL}abcdefghijklmnopqrstuvwxyz'),
    '[^0-9a-zа-я]', ' ', 'g')
"""
VECTOR = """
CREATE FUNCTION priyom_said(said text) RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN to_tsvector('pg_catalog.russian'::regconfig, priyom_words(said))
"""
INDEXES = {
    "incoming_words": "inbox_incoming USING gin (priyom_said(text)) WITH (fastupdate = on) WHERE NOT pressed",
    # Of the deliveries only what people write: the engine's own rows never enter these, so its writing stays cheap.
    "delivery_written": (
        "delivery_delivery USING gin (priyom_said(body ->> 'text')) WITH (fastupdate = on) "
        "WHERE op = 'send' AND origin = 'staff'"
    ),
    "delivery_by_staff": "delivery_delivery (id) WHERE op = 'send' AND origin = 'staff'",
    "delivery_reworded": (
        "delivery_delivery USING gin (priyom_said(edited_text)) WITH (fastupdate = on) WHERE edited_text <> ''"
    ),
    "conversation_unknown": (
        "inbox_conversation USING gin (priyom_name(name, address, '') gin_trgm_ops) WHERE patient_id IS NULL"
    ),
}


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("delivery", "0007_vacuum_in_time"),
        ("inbox", "0008_held_answers"),
        ("patients", "0004_found_by_any_part"),
    ]

    operations: ClassVar = [
        migrations.RunSQL(FOLD, "DROP FUNCTION priyom_words(text)"),
        migrations.RunSQL(VECTOR, "DROP FUNCTION priyom_said(text)"),
        *(
            migrations.RunSQL(f"CREATE INDEX {name} ON {place}", f"DROP INDEX {name}")
            for name, place in INDEXES.items()
        ),
        migrations.CreateModel(
            name="SentWords",
            fields=[
                (
                    "delivery",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="delivery.delivery",
                    ),
                ),
                ("words", django.contrib.postgres.search.SearchVectorField()),
            ],
            options={
                "indexes": [
                    django.contrib.postgres.indexes.GinIndex(fields=["words"], name="sent_words", fastupdate=True)
                ],
            },
        ),
        migrations.AddIndex(
            model_name="conversation",
            index=models.Index(
                condition=models.Q(("awaits_patient", False), ("needs_answer", False)),
                fields=["-last_at", "-id"],
                name="conversation_done",
            ),
        ),
        migrations.AddIndex(
            model_name="conversation",
            index=models.Index(
                condition=models.Q(("patient", None)), fields=["-last_at", "-id"], name="conversation_strangers"
            ),
        ),
        migrations.AddIndex(
            model_name="conversation",
            index=models.Index(fields=["channel", "-last_at", "-id"], name="conversation_channel"),
        ),
        migrations.AddIndex(
            model_name="conversation",
            index=models.Index(fields=["branch", "-last_at", "-id"], name="conversation_branch"),
        ),
    ]
