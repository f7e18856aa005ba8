-- The next webhook to interpret: due, and the first of its chat.
SELECT r.id FROM delivery_rawupdate r
WHERE r.state = 'new' AND r.next_try_at <= %(now)s::timestamptz
  AND (r.chat_key = '' OR NOT EXISTS (
      SELECT 1 FROM delivery_rawupdate earlier
      WHERE earlier.account_id = r.account_id AND earlier.chat_key = r.chat_key AND earlier.state = 'new'
        AND earlier.id < r.id
  ))
ORDER BY r.next_try_at, r.id LIMIT 1
FOR UPDATE OF r SKIP LOCKED
