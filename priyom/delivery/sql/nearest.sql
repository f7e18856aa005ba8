-- The nearest moment at which this account has something to send; null when nothing waits.
SELECT least(
    (SELECT min(due_at) FROM delivery_delivery WHERE account_id = %(account)s::bigint AND op = 'press' AND state = 'waiting'),
    (SELECT min(due_at) FROM delivery_delivery WHERE account_id = %(account)s::bigint AND op = 'edit' AND state = 'waiting'),
    (SELECT min(due_at) FROM delivery_delivery WHERE account_id = %(account)s::bigint AND op = 'send' AND state = 'waiting')
)
