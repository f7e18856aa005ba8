"""People are found by any part of a name and any digits of a phone: trigrams over names folded to few letters.

The folding is written out here, letter for letter (priyom.patients.rules has the same, and a test compares them): it
must not depend on the server's locale, and what an index holds must never change by itself.
"""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.operations import TrigramExtension
from django.db import migrations

SMALL = "абвгдеёжзийклмнопрстуфхцчшщъыьэюяәғқңөұүһі"
CAPITAL = "АБВГДЕЁЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯӘҒҚҢӨҰҮҺІ"
FOLDED = "abvgdeejziiklmnoprstufhc4669y9ewqagknouuhi"
FUNCTION = f"""
CREATE FUNCTION priyom_name(text, text, text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT translate(
        ' ' || $1 || ' ' || $2 || ' ' || $3,
        '{SMALL}{CAPITAL}ABCDEFGHIJKLMNOPQRSTUVWXYZ',
        '{FOLDED}{FOLDED}abcdefghijklmnopqrstuvwxyz')
$$
"""
PARTS = """
CREATE INDEX patient_any_part ON patients_patient
USING gin (priyom_name(family, given, patronymic) gin_trgm_ops) WITH (fastupdate = on)
"""
BEGINNING = """
CREATE INDEX patient_beginning ON patients_patient ((priyom_name(family, given, patronymic) COLLATE "C"), id)
"""
DIGITS = """
CREATE INDEX contact_point_digits ON patients_contactpoint USING gin (address gin_trgm_ops) WITH (fastupdate = on)
WHERE kind IN ('phone', 'whatsapp') AND removed_at IS NULL
"""


class Migration(migrations.Migration):
    """Indexes only: no row is touched."""

    dependencies: ClassVar = [("patients", "0003_notes_tags_merges")]
    operations: ClassVar = [
        TrigramExtension(),
        migrations.RunSQL(FUNCTION, "DROP FUNCTION priyom_name(text, text, text)"),
        migrations.RunSQL(PARTS, "DROP INDEX patient_any_part"),
        migrations.RunSQL(BEGINNING, "DROP INDEX patient_beginning"),
        migrations.RunSQL(DIGITS, "DROP INDEX contact_point_digits"),
    ]
