"""A message leaves three dead rows, a webhook one. By the server's own rule (a fifth of the table) ten million messages
would wait for two million dead ones, and every index would have grown by then."""

from __future__ import annotations

from typing import ClassVar

from django.db import migrations

OFTEN = """
ALTER TABLE delivery_delivery SET (
    autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 20000,
    autovacuum_analyze_scale_factor = 0.02, autovacuum_analyze_threshold = 20000);
ALTER TABLE delivery_rawupdate SET (
    autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 5000,
    autovacuum_analyze_scale_factor = 0.02, autovacuum_analyze_threshold = 5000);
"""
AS_BEFORE = """
ALTER TABLE delivery_delivery RESET (
    autovacuum_vacuum_scale_factor, autovacuum_vacuum_threshold,
    autovacuum_analyze_scale_factor, autovacuum_analyze_threshold);
ALTER TABLE delivery_rawupdate RESET (
    autovacuum_vacuum_scale_factor, autovacuum_vacuum_threshold,
    autovacuum_analyze_scale_factor, autovacuum_analyze_threshold);
"""


class Migration(migrations.Migration):
    """Storage parameters only: no row is touched."""

    dependencies: ClassVar = [("delivery", "0006_untried")]
    operations: ClassVar = [migrations.RunSQL(OFTEN, AS_BEFORE)]
