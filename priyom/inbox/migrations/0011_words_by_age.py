"""What people and the program write is found by words that bear their age.

A word of ten million messages that stands in every twelfth filled a large part of the index, and each search for it read
all of that. Now a word is kept twice: as it is, which finds a rare one in one look, and as `@152 анализ`: 152 is the
message's number by 16,384, its era. Within an era a word has an entry of its own, so the newest with a frequent one are
found without those of years. No word begins with `@`, so neither kind is taken for the other. `priyom.inbox.search` asks
for eras; a test compares its number with the one written out here.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import migrations

AGED = """
CREATE FUNCTION priyom_aged(number bigint, words tsvector) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 500
RETURN coalesce(
    (SELECT array_to_tsvector(array_agg(prefix || word))
        FROM unnest(tsvector_to_array(words)) word, (VALUES (''), ('@' || (number / 16384) || ' ')) AS kinds (prefix)
        WHERE octet_length(word) <= 1024),
    '')
"""
SPOKEN = """
CREATE FUNCTION priyom_spoken(number bigint, said text) RETURNS tsvector
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 2500
SET search_path FROM CURRENT
AS $$ BEGIN RETURN priyom_aged(number, priyom_said(said)); END $$
"""
INDEXES = {
    "incoming_words": "inbox_incoming USING gin ({text}) WITH (fastupdate = on) WHERE NOT pressed",
    "delivery_written": (
        "delivery_delivery USING gin ({body}) WITH (fastupdate = on) WHERE op = 'send' AND origin = 'staff'"
    ),
    "delivery_reworded": "delivery_delivery USING gin ({edited_text}) WITH (fastupdate = on) WHERE edited_text <> ''",
}
BY_STAFF = "delivery_delivery (id) WHERE op = 'send' AND origin = 'staff'"
BEFORE = {name: f"priyom_said({name})" for name in ("text", "edited_text")} | {"body": "priyom_said(body ->> 'text')"}
AFTER = {name: said.replace("priyom_said(", "priyom_spoken(id, ") for name, said in BEFORE.items()}


def indexes(columns: dict[str, str]) -> list[str]:
    """These in the place of those of the same names."""
    return [
        statement
        for name, place in INDEXES.items()
        for statement in (f"DROP INDEX IF EXISTS {name}", f"CREATE INDEX {name} ON {place.format(**columns)}")
    ]


class Migration(migrations.Migration):
    dependencies: ClassVar = [("inbox", "0010_dear_words")]
    operations: ClassVar = [
        migrations.RunSQL(AGED, "DROP FUNCTION priyom_aged(bigint, tsvector)"),
        migrations.RunSQL(SPOKEN, "DROP FUNCTION priyom_spoken(bigint, text)"),
        migrations.RunSQL(indexes(AFTER), indexes(BEFORE)),
        # They are asked by force (`search.BY_INDEX`): gathering figures of them would cut thousands of texts for nothing.
        migrations.RunSQL([f"ALTER INDEX {name} ALTER COLUMN 1 SET STATISTICS 0" for name in INDEXES], []),
        # The newest of the staff were looked at one by one; it only leads the planner astray now.
        migrations.RunSQL("DROP INDEX IF EXISTS delivery_by_staff", f"CREATE INDEX delivery_by_staff ON {BY_STAFF}"),
        # What is gathered already bears no age; without a row the gatherer begins anew.
        migrations.RunSQL("TRUNCATE inbox_sentwords", migrations.RunSQL.noop),
    ]
