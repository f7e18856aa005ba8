-- Messages of one account that may have left and that nobody sends any more: withdrawn, stale or too late meanwhile, or
-- tried in vain too often. The vendor is asked after them, `silent` seconds after the last that was done about them.
SELECT id, op, address, body, quiet, expires_at, tries, maybe_sent, rank, untried, state, code
FROM delivery_delivery
WHERE signal = 'uncertain' AND account_id = %(account)s::bigint AND op = 'send' AND state IN ('cancelled', 'settled')
  AND signal_at <= %(now)s::timestamptz - make_interval(secs => %(silent)s::float8)
  AND signal_at > %(now)s::timestamptz - %(forgotten)s::interval
  AND id <> ALL (%(vain)s::bigint[])
ORDER BY signal_at LIMIT 20
