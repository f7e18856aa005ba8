-- What people said that holds these words, by the index, the newest first.
WITH matching AS MATERIALIZED (
    SELECT id FROM inbox_incoming
    WHERE NOT pressed AND priyom_spoken(id, text) @@ %(query)s::tsquery
)
SELECT id FROM matching ORDER BY id DESC LIMIT %(most)s::bigint
