-- The contents of files that go out.
SELECT id, name, mime, content FROM delivery_storedfile WHERE id = ANY (%(ids)s::bigint[]) AND content IS NOT NULL
