-- Chats in which a message that was tried waits to be tried again: the most urgent of each, the oldest of those, and the
-- seconds until then.
SELECT DISTINCT ON (address) id, address, rank, extract(epoch FROM due_at - %(now)s::timestamptz)::float8
FROM delivery_delivery
WHERE account_id = %(account)s::bigint AND state = 'waiting' AND due_at > %(now)s::timestamptz
  AND (tries > untried OR maybe_sent)
ORDER BY address, rank, id
