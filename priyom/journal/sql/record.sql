-- Write a fact and queue it for each of its reactors.
WITH fact AS (
    INSERT INTO journal_fact (type, at, patient_id, visit_id, data)
    VALUES (%(type)s::text, %(at)s::timestamptz, %(patient)s::bigint, %(visit)s::bigint, %(data)s::jsonb)
    RETURNING id
), queued AS (
    INSERT INTO journal_pending (fact_id, reactor, key, next_try_at, tries, parked, error)
    SELECT fact.id, reactor, coalesce(%(patient)s::bigint, 0), %(at)s::timestamptz, 0, FALSE, ''
    FROM fact, unnest(%(reactors)s::text[]) AS reactor
)
SELECT id FROM fact
