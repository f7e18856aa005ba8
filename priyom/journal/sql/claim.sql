-- The next facts to react to: due, not parked, and first of their key and reactor (so a patient's facts stay in order).
SELECT p.id, p.reactor, p.tries, f.id, f.type, f.at, f.data::text, f.patient_id, f.visit_id
FROM journal_pending p
JOIN journal_fact f ON f.id = p.fact_id
WHERE NOT p.parked
  AND p.next_try_at <= %(now)s
  AND NOT EXISTS (
      SELECT 1 FROM journal_pending earlier
      WHERE earlier.key = p.key AND earlier.reactor = p.reactor AND earlier.id < p.id AND NOT earlier.parked
  )
ORDER BY p.id
LIMIT 1
FOR UPDATE OF p SKIP LOCKED
