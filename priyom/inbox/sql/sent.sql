-- What the program itself wrote that holds these words, or says now after an edit, by the indexes, the newest before an id first.
WITH matching AS MATERIALIZED (
    SELECT delivery_id AS id FROM inbox_sentwords WHERE words @@ %(query)s::tsquery
    UNION
    SELECT id FROM delivery_delivery
    WHERE edited_text <> '' AND priyom_spoken(id, edited_text) @@ %(query)s::tsquery
)
SELECT id FROM matching WHERE id < %(before)s::bigint ORDER BY id DESC LIMIT %(most)s::bigint
