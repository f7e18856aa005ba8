"""The queue of facts is nearly empty and all of it passes through: it is cleaned by number, not by share, and at once."""

from __future__ import annotations

from typing import ClassVar

from django.db import migrations

OFTEN = """
ALTER TABLE journal_pending SET (
    autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0,
    autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 1000);
"""
AS_BEFORE = """
ALTER TABLE journal_pending RESET (
    autovacuum_vacuum_scale_factor, autovacuum_vacuum_threshold, autovacuum_vacuum_cost_delay,
    autovacuum_analyze_scale_factor, autovacuum_analyze_threshold);
"""


class Migration(migrations.Migration):
    """Storage parameters only: no row is touched."""

    dependencies: ClassVar = [("journal", "0001_initial")]
    operations: ClassVar = [migrations.RunSQL(OFTEN, AS_BEFORE)]
