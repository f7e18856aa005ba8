-- What people said, the staff wrote, and the program wrote or says now after an edit, that holds these words: by the
-- indexes, of each the newest before an id first.
WITH said AS MATERIALIZED (
    SELECT id FROM inbox_incoming WHERE NOT pressed AND priyom_spoken(id, text) @@ %(said)s::tsquery
), written AS MATERIALIZED (
    SELECT id FROM delivery_delivery
    WHERE op = 'send' AND origin = 'staff' AND priyom_spoken(id, body ->> 'text') @@ %(written)s::tsquery
), sent AS MATERIALIZED (
    SELECT delivery_id AS id FROM inbox_sentwords WHERE words @@ %(sent)s::tsquery
    UNION
    SELECT id FROM delivery_delivery WHERE edited_text <> '' AND priyom_spoken(id, edited_text) @@ %(sent)s::tsquery
)
(SELECT 'said' AS who, id FROM said WHERE id < %(said_before)s::bigint ORDER BY id DESC LIMIT %(most)s::bigint)
UNION ALL
(SELECT 'written', id FROM written WHERE id < %(written_before)s::bigint ORDER BY id DESC LIMIT %(most)s::bigint)
UNION ALL
(SELECT 'sent', id FROM sent WHERE id < %(sent_before)s::bigint ORDER BY id DESC LIMIT %(most)s::bigint)
