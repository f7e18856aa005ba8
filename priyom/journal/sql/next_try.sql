-- When the next queued fact is to be taken.
SELECT next_try_at FROM journal_pending WHERE NOT parked ORDER BY next_try_at LIMIT 1
