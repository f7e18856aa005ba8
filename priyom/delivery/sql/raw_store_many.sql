-- Keep webhooks that came together; a repeat of one already kept is passed over. Returned are the numbers (from 1) of
-- those whose account still is as it was when they were verified: these are kept now, or were before. Ids are given in
-- the order of arrival, for chats go by it; rows are written in the order of their keys, so that two processes with the
-- same repeats wait for each other in one direction only. Repeats write to the log: see `journal/durable.py`.
WITH came AS (
    SELECT r.*, b.body
    FROM json_to_recordset(%(rows)s::json) AS r (
        n bigint, account bigint, version text, update_key text, chat_key text, headers jsonb, query jsonb, at timestamptz
    )
    JOIN unnest(%(bodies)b::bytea[]) WITH ORDINALITY AS b (body, n) USING (n)
), known AS MATERIALIZED (
    SELECT c.*, nextval(pg_get_serial_sequence('delivery_rawupdate', 'id')) AS id
    FROM (
        SELECT came.* FROM came JOIN delivery_account a ON a.id = came.account AND a.xmin::text = came.version
        ORDER BY came.n
    ) c
), kept AS (
    INSERT INTO delivery_rawupdate
        (id, account_id, update_key, chat_key, headers, query, body, received_at, state, error, tries, next_try_at)
    SELECT id, account, update_key, chat_key, headers, query, body, at, 'new', '', 0, at
    FROM known ORDER BY account, update_key, n
    ON CONFLICT (account_id, update_key) DO NOTHING
    RETURNING id
), again AS MATERIALIZED (
    SELECT pg_logical_emit_message(true, 'priyom', 'again')
    WHERE (SELECT count(*) FROM kept) < (SELECT count(*) FROM known)
)
SELECT n FROM known WHERE (SELECT count(*) FROM again) < 2 -- always so; what nobody reads is not done
