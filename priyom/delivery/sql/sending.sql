-- What a dead process has left marked as being sent, apart from what is in our own hands.
SELECT id, op, tries, address, rank FROM delivery_delivery
WHERE account_id = %(account)s::bigint AND state = 'sending' AND id <> ALL (%(ours)s::bigint[])
ORDER BY id
