-- What tables said of these visits or patients last.
SELECT external_id, digest, imported_id, line
FROM exchange_toldrow
WHERE what = %(what)s AND external_id = ANY(%(external_ids)s::text[])
