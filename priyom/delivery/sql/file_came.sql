-- A file has been fetched; it is news for whoever looks at the thread.
UPDATE delivery_storedfile
SET state = 'here', content = %(content)s, size = length(%(content)s::bytea), error = '', next_try_at = NULL
WHERE id = %(id)s::bigint
