-- A thread, held until the transaction ends, and where its person goes: the branch of the next live visit, else of the
-- last one; null when there is none.
SELECT c.*, visit.branch_id AS goes_to
FROM inbox_conversation c
LEFT JOIN LATERAL (
    SELECT v.branch_id FROM appointments_visit v
    WHERE v.patient_id = c.patient_id
    ORDER BY
        CASE WHEN v.state = ANY (%(live)s::text[]) AND v.ends_at > %(now)s::timestamptz THEN v.starts_at END,
        v.starts_at DESC
    LIMIT 1
) visit ON TRUE
WHERE c.id = %(thread)s::bigint
FOR UPDATE OF c
