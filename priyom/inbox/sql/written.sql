-- What the staff wrote that holds these words, by the index, the newest before an id first.
WITH matching AS MATERIALIZED (
    SELECT id FROM delivery_delivery
    WHERE op = 'send' AND origin = 'staff' AND priyom_spoken(id, body ->> 'text') @@ %(query)s::tsquery
)
SELECT id FROM matching WHERE id < %(before)s::bigint ORDER BY id DESC LIMIT %(most)s::bigint
