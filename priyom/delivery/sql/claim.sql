-- Mark the next due deliveries of one account as being sent: by rank, the oldest of a rank first.
WITH chosen AS (
    SELECT next.id FROM generate_series(0, 4) AS rank CROSS JOIN LATERAL (
        SELECT id FROM delivery_delivery
        WHERE account_id = %(account)s::bigint AND delivery_delivery.rank = rank.rank::smallint AND state = 'waiting'
          AND due_at <= %(now)s::timestamptz AND (expires_at IS NULL OR expires_at > %(now)s::timestamptz)
        ORDER BY due_at, id LIMIT %(most)s::bigint
        FOR UPDATE SKIP LOCKED
    ) AS next
    LIMIT %(most)s::bigint
)
UPDATE delivery_delivery d
SET state = 'sending', tries = least(d.tries + 1, 32000), claimed_at = %(now)s::timestamptz,
    asks = coalesce(d.asks, CASE WHEN d.op = 'send' THEN %(asks)s::smallint END)
WHERE d.id = ANY (ARRAY(SELECT id FROM chosen))
RETURNING d.id, d.op, d.address, d.body, d.quiet, d.expires_at, d.tries, d.maybe_sent, d.rank, d.untried
