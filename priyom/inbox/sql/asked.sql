-- What the dictionary makes of the question ('' when nothing but words like «и» is left), and the newest ids: said, made.
SELECT
    to_tsquery('pg_catalog.russian', %(query)s::text)::text,
    (SELECT max(id) FROM inbox_incoming),
    (SELECT max(id) FROM delivery_delivery)
