-- The nearest moment at which this account has something to send; null when nothing waits.
SELECT min(next.due_at) FROM generate_series(0, 4) AS rank CROSS JOIN LATERAL (
    SELECT due_at FROM delivery_delivery
    WHERE account_id = %(account)s::bigint AND delivery_delivery.rank = rank.rank::smallint AND state = 'waiting'
    ORDER BY due_at LIMIT 1
) AS next
