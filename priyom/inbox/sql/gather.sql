-- The words of the next automatic messages made before a moment; the last one is kept in any case, to go on from it.
WITH batch AS (
    SELECT id, op, origin, body, created_at FROM delivery_delivery
    WHERE id > (SELECT coalesce(max(delivery_id), 0) FROM inbox_sentwords)
    ORDER BY id LIMIT %(most)s::bigint
), due AS (
    SELECT id, op = 'send' AND origin <> 'staff' AS ours, body FROM batch
    WHERE id < coalesce((SELECT min(id) FROM batch WHERE created_at >= %(before)s::timestamptz), 9223372036854775807)
), kept AS (
    INSERT INTO inbox_sentwords (delivery_id, words)
    SELECT id, CASE WHEN ours THEN priyom_spoken(id, body ->> 'text') ELSE '' END FROM due
    WHERE ours OR id = (SELECT max(id) FROM due)
    ON CONFLICT DO NOTHING
)
SELECT count(*) FROM due
