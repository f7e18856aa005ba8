"""What the open pages are told of: for a short while, which conversations, patients and lists have changed, by whose
transaction. Whoever was told up to a snapshot asks for what was not visible in it."""

from __future__ import annotations

from typing import ClassVar

from django.db import migrations

TABLE = """
CREATE TABLE journal_news (xid xid8 NOT NULL DEFAULT pg_current_xact_id(), about text NOT NULL) WITH (
    autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0,
    autovacuum_vacuum_insert_threshold = -1, autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 1000);
CREATE INDEX journal_news_xid ON journal_news (xid);
"""

# What a transaction has just said it need not say again: a setting of the transaction remembers it.
TELL = """
CREATE FUNCTION priyom_tell(words text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF words IS NULL OR words = current_setting('priyom.told', true) THEN
        RETURN;
    END IF;
    PERFORM set_config('priyom.told', words, true);
    INSERT INTO journal_news (about) VALUES (words);
    PERFORM pg_notify('priyom_news', '');
END $$;
"""


class Migration(migrations.Migration):
    """A table without a model: its rows are written by triggers and read by `bell.py` alone."""

    dependencies: ClassVar = [("journal", "0002_vacuum_in_time")]
    operations: ClassVar = [
        migrations.RunSQL(TABLE, "DROP TABLE journal_news;"),
        migrations.RunSQL(TELL, "DROP FUNCTION priyom_tell(text);"),
    ]
