-- Keep a webhook; a repeat of one already kept returns no row.
INSERT INTO delivery_rawupdate
    (account_id, update_key, chat_key, headers, query, body, received_at, state, error, tries, next_try_at)
VALUES (%(account)s::bigint, %(update_key)s, %(chat_key)s, %(headers)s, %(query)s, %(body)s, %(now)s::timestamptz, 'new', '', 0, %(now)s::timestamptz)
ON CONFLICT (account_id, update_key) DO NOTHING
RETURNING id
