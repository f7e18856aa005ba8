-- Files of one account that are still at the vendor, due now; and when the next one is.
SELECT id, ref, tries FROM delivery_storedfile
WHERE account_id = %(account)s::bigint AND state = 'wanted' AND next_try_at <= %(now)s::timestamptz
ORDER BY next_try_at LIMIT 5
