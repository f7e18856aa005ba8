-- The clock was turned back: what was to go at once, or again soon, by the old time would wait until that comes again.
-- It is known by its own last moment lying ahead of us. `seconds` is by how much the clock was turned; where that is not
-- known (null) a delivery waits as long again as it did from that moment. What is planned for an hour of the day keeps
-- that hour. Repeating it changes nothing; what somebody has in hand just now is left to him.
WITH late AS (
    SELECT id, coalesce(
        due_at + %(seconds)s::float8 * interval '1 second',
        %(now)s::timestamptz + (due_at - coalesce(claimed_at, created_at))) AS due_at
    FROM delivery_delivery
    WHERE state = 'waiting' AND coalesce(claimed_at, created_at) > %(now)s::timestamptz
      AND due_at BETWEEN coalesce(claimed_at, created_at) AND coalesce(claimed_at, created_at) + interval '2 minutes'
    FOR UPDATE SKIP LOCKED
), deliveries AS (
    UPDATE delivery_delivery d SET due_at = late.due_at FROM late WHERE d.id = late.id
    RETURNING d.id
), unread AS (
    SELECT id FROM delivery_rawupdate
    WHERE state = 'new' AND received_at > %(now)s::timestamptz AND next_try_at > %(now)s::timestamptz
    FOR UPDATE SKIP LOCKED
), updates AS (
    UPDATE delivery_rawupdate u SET next_try_at = %(now)s::timestamptz FROM unread WHERE u.id = unread.id
    RETURNING u.id
), untold AS (
    SELECT p.id FROM journal_pending p JOIN journal_fact f ON f.id = p.fact_id
    WHERE NOT p.parked AND f.at > %(now)s::timestamptz AND p.next_try_at > %(now)s::timestamptz
    FOR UPDATE OF p SKIP LOCKED
), facts AS (
    UPDATE journal_pending p SET next_try_at = %(now)s::timestamptz FROM untold WHERE p.id = untold.id
    RETURNING p.id
)
SELECT (SELECT count(*) FROM deliveries), (SELECT count(*) FROM updates), (SELECT count(*) FROM facts)
