-- The next webhooks to interpret, with the size of each: due, and the first of their chat. `only` are the ones wanted, null
-- for any. A report of a message that is not known yet holds up nobody: signals need no order.
SELECT r.id, octet_length(r.body) AS size FROM delivery_rawupdate r
WHERE r.state = 'new' AND r.next_try_at <= %(now)s::timestamptz
  AND (%(only)s::bigint[] IS NULL OR r.id = ANY (%(only)s::bigint[]))
  AND (r.chat_key = '' OR NOT EXISTS (
      SELECT 1 FROM delivery_rawupdate earlier
      WHERE earlier.account_id = r.account_id AND earlier.chat_key = r.chat_key AND earlier.state = 'new'
        AND earlier.id < r.id AND NOT starts_with(earlier.error, 'NotYetKnown:')
  ))
ORDER BY r.next_try_at, r.id LIMIT %(most)s::int
FOR UPDATE OF r SKIP LOCKED
