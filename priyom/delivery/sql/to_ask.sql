-- Deliveries of one account whose last word is old: the vendor is asked after 1, 2, 4 ... usual times.
SELECT id, provider_id, address, sent_at, asks FROM delivery_delivery
WHERE account_id = %(account)s::bigint AND asks IS NOT NULL AND signal IN ('accepted', 'sent') AND state = 'settled'
  AND provider_id <> '' AND sent_at + make_interval(secs => %(usual)s::float8 * 2 ^ asks) <= %(now)s::timestamptz
ORDER BY sent_at LIMIT 100
