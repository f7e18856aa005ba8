-- Which waiting deliveries are past their time, and whether one of them may have left before.
SELECT id, tries, maybe_sent FROM delivery_delivery
WHERE state = 'waiting' AND expires_at <= %(now)s::timestamptz
ORDER BY expires_at LIMIT 1000
