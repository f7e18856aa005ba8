-- The oldest transaction under way: every one before it has ended.
SELECT pg_snapshot_xmin(pg_current_snapshot())::text
