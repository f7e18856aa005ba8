"""The planner learns what it costs to cut a text into words.

A function in SQL is laid open in the question, and its parts are told too cheap: for a word that is rare among what the
staff wrote, tens of thousands of texts were cut anew although an index knows the answer. Written in PL/pgSQL it stays
closed and may say its price, in units of an operator: about 50 µs. What it answers is the same, so the indexes stay. It
finds its own helper by a path of its own: whoever tends the tables goes without one.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import migrations

PRICED = """
CREATE OR REPLACE FUNCTION priyom_said(said text) RETURNS tsvector LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 2000
SET search_path FROM CURRENT
AS $$ BEGIN RETURN to_tsvector('pg_catalog.russian'::regconfig, priyom_words(said)); END $$
"""
OPEN = """
CREATE OR REPLACE FUNCTION priyom_said(said text) RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN to_tsvector('pg_catalog.russian'::regconfig, priyom_words(said))
"""


class Migration(migrations.Migration):
    dependencies: ClassVar = [("inbox", "0009_found_by_words")]
    operations: ClassVar = [migrations.RunSQL(PRICED, OPEN)]
