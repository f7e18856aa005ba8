-- Mark the next due deliveries of one account as being sent: presses first, then edits, then messages; oldest first.
WITH press AS (
    SELECT id FROM delivery_delivery
    WHERE account_id = %(account)s::bigint AND op = 'press' AND state = 'waiting' AND due_at <= %(now)s::timestamptz
      AND (expires_at IS NULL OR expires_at > %(now)s::timestamptz)
    ORDER BY due_at, id LIMIT %(most)s::bigint
    FOR UPDATE SKIP LOCKED
), edit AS (
    SELECT id FROM delivery_delivery
    WHERE account_id = %(account)s::bigint AND op = 'edit' AND state = 'waiting' AND due_at <= %(now)s::timestamptz
      AND (expires_at IS NULL OR expires_at > %(now)s::timestamptz)
    ORDER BY due_at, id LIMIT %(most)s::bigint - (SELECT count(*) FROM press)
    FOR UPDATE SKIP LOCKED
), send AS (
    SELECT id FROM delivery_delivery
    WHERE account_id = %(account)s::bigint AND op = 'send' AND state = 'waiting' AND due_at <= %(now)s::timestamptz
      AND (expires_at IS NULL OR expires_at > %(now)s::timestamptz)
    ORDER BY due_at, id LIMIT %(most)s::bigint - (SELECT count(*) FROM press) - (SELECT count(*) FROM edit)
    FOR UPDATE SKIP LOCKED
), chosen AS (
    SELECT id FROM press UNION ALL SELECT id FROM edit UNION ALL SELECT id FROM send
)
UPDATE delivery_delivery d
SET state = 'sending', tries = least(d.tries + 1, 32000), claimed_at = %(now)s::timestamptz,
    asks = coalesce(d.asks, CASE WHEN d.op = 'send' THEN %(asks)s::smallint END)
FROM chosen
WHERE d.id = chosen.id
RETURNING d.id, d.op, d.address, d.body, d.quiet, d.expires_at, d.tries, d.maybe_sent
