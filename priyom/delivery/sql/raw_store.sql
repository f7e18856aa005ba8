-- Keep a webhook; a repeat of one already kept returns no row. It writes a word to the log for the sake of its commit: see
-- `journal/durable.py`.
WITH kept AS (
    INSERT INTO delivery_rawupdate
        (account_id, update_key, chat_key, headers, query, body, received_at, state, error, tries, next_try_at)
    VALUES (%(account)s::bigint, %(update_key)s, %(chat_key)s, %(headers)s, %(query)s, %(body)s, %(now)s::timestamptz, 'new', '', 0, %(now)s::timestamptz)
    ON CONFLICT (account_id, update_key) DO NOTHING
    RETURNING id
), again AS MATERIALIZED (
    SELECT pg_logical_emit_message(true, 'priyom', 'again') WHERE NOT EXISTS (SELECT 1 FROM kept)
)
SELECT id FROM kept WHERE (SELECT count(*) FROM again) = 0
