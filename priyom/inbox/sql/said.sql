-- What people said that holds these words, by the index, the newest before an id first.
WITH matching AS MATERIALIZED (
    SELECT id FROM inbox_incoming
    WHERE NOT pressed AND priyom_spoken(id, text) @@ %(query)s::tsquery
)
SELECT id FROM matching WHERE id < %(before)s::bigint ORDER BY id DESC LIMIT %(most)s::bigint
