-- Remember what each row said, so that the same row is known again and a double within one file is found.
INSERT INTO exchange_toldrow (what, external_id, digest, imported_id, line)
SELECT %(what)s, row.external_id, row.digest, %(imported_id)s, row.line
FROM unnest(%(external_ids)s::text[], %(digests)s::bytea[], %(lines)s::integer[]) AS row (external_id, digest, line)
ON CONFLICT (what, external_id) DO UPDATE SET
    digest = excluded.digest, imported_id = excluded.imported_id, line = excluded.line
