-- Take one queued fact out, with what it tells: nothing when another has it in hand, or it has been done meanwhile.
WITH free AS (
    SELECT id FROM journal_pending
    WHERE id = %(pending)s::bigint AND NOT parked AND next_try_at <= %(now)s::timestamptz
    FOR UPDATE SKIP LOCKED
), taken AS (
    DELETE FROM journal_pending p USING free WHERE p.id = free.id
    RETURNING p.reactor, p.tries, p.fact_id
)
SELECT t.reactor, t.tries, f.id, f.type, f.at, f.data::text, f.patient_id, f.visit_id
FROM taken t JOIN journal_fact f ON f.id = t.fact_id
