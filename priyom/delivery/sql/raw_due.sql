-- When the next webhook is to be interpreted: as `raw_claim.sql` takes them, what waits for another of its chat aside.
SELECT r.next_try_at FROM delivery_rawupdate r
WHERE r.state = 'new'
  AND (r.chat_key = '' OR NOT EXISTS (
      SELECT 1 FROM delivery_rawupdate earlier
      WHERE earlier.account_id = r.account_id AND earlier.chat_key = r.chat_key AND earlier.state = 'new'
        AND earlier.id < r.id AND NOT starts_with(earlier.error, 'NotYetKnown:')
  ))
ORDER BY r.next_try_at, r.id LIMIT 1
