-- A file could not be fetched: again later, or never.
UPDATE delivery_storedfile
SET tries = tries + 1, error = %(error)s, next_try_at = %(again)s::timestamptz,
    state = CASE WHEN %(again)s::timestamptz IS NULL THEN 'failed' ELSE 'wanted' END
WHERE id = %(id)s::bigint
