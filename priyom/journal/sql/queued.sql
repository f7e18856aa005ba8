-- The next facts to react to: due, not parked, and first of their key and reactor (so a patient's facts stay in order).
SELECT p.id
FROM journal_pending p
WHERE NOT p.parked
  AND p.next_try_at <= %(now)s
  AND NOT EXISTS (
      SELECT 1 FROM journal_pending earlier
      WHERE earlier.key = p.key AND earlier.reactor = p.reactor AND earlier.id < p.id AND NOT earlier.parked
  )
ORDER BY p.id
LIMIT %(most)s::bigint
