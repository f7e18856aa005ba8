-- Write an account's health down, tell it as a fact when it changed, and queue the rooms that want to hear of it.
WITH before AS (
    SELECT health FROM delivery_account WHERE id = %(account)s::bigint FOR UPDATE
), changed AS (
    UPDATE delivery_account a
    SET health = %(health)s::text, health_why = %(why)s::text, paused_until = %(paused_until)s::timestamptz,
        health_since = CASE WHEN a.health = %(health)s::text THEN a.health_since ELSE %(now)s::timestamptz END
    FROM before b
    WHERE a.id = %(account)s::bigint
    RETURNING a.id, b.health AS was
), fact AS (
    INSERT INTO journal_fact (type, at, data)
    SELECT 'AccountHealthChanged', %(now)s::timestamptz,
           jsonb_build_object('account_id', c.id, 'health', %(health)s::text, 'why', %(why)s::text)
    FROM changed c
    WHERE c.was <> %(health)s::text
    RETURNING id
)
INSERT INTO journal_pending (fact_id, reactor, key, next_try_at, tries, parked, error)
SELECT f.id, reactor, 0, %(now)s::timestamptz, 0, false, '' FROM fact f CROSS JOIN unnest(%(reactors)s::text[]) AS reactor
