-- Write an account's health down, tell it as a fact when it changed, and queue the rooms that want to hear of it.
WITH before AS (
    SELECT health FROM delivery_account WHERE id = %(account)s FOR UPDATE
), changed AS (
    UPDATE delivery_account
    SET health = %(health)s, health_why = %(why)s, paused_until = %(paused_until)s,
        health_since = CASE WHEN health = %(health)s THEN health_since ELSE %(now)s END
    WHERE id = %(account)s
    RETURNING id
), fact AS (
    INSERT INTO journal_fact (type, at, data)
    SELECT 'AccountHealthChanged', %(now)s,
           jsonb_build_object('account_id', c.id, 'health', %(health)s::text, 'why', %(why)s::text)
    FROM changed c CROSS JOIN before b
    WHERE b.health <> %(health)s
    RETURNING id
)
INSERT INTO journal_pending (fact_id, reactor, key, next_try_at, tries, parked, error)
SELECT f.id, reactor, 0, %(now)s, 0, false, '' FROM fact f CROSS JOIN unnest(%(reactors)s::text[]) AS reactor
