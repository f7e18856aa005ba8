-- Count what became of the messages that these accounts last tried between `since` and `until`, by minute and country of
-- the phone. Counts only grow, so counting anew changes nothing. `stage`: 0 what the gateways said, 1 also what
-- arrived, 2 also what was read and answered.
INSERT INTO delivery_weatherminute AS w (
    account_id, place, minute, tried, taken, unavailable, throttled, rejected, unanswered, timed, slow_ms, within_1,
    within_5, within_20, judged, arrived, asked, read, answered, bad)
SELECT account_id, place, minute, count(*) FILTER (WHERE state <> 'sending'), count(*) FILTER (WHERE taken),
    count(*) FILTER (WHERE again AND NOT maybe_sent AND NOT paused),
    count(*) FILTER (WHERE again AND NOT maybe_sent AND paused),
    count(*) FILTER (WHERE signal = 'failed' AND NOT taken AND NOT again),
    count(*) FILTER (WHERE signal = 'uncertain' AND NOT again OR again AND maybe_sent OR state = 'sending' AND %(stage)s::int > 0),
    count(ms), coalesce(sum(ms), 0), count(*) FILTER (WHERE ms <= 1000), count(*) FILTER (WHERE ms > 1000 AND ms <= 5000),
    count(*) FILTER (WHERE ms > 5000 AND ms <= 20000),
    CASE WHEN %(stage)s::int = 1 THEN count(*) ELSE 0 END,
    CASE WHEN %(stage)s::int = 1 THEN count(*) FILTER (WHERE rung >= CASE WHEN tells THEN 3 ELSE 1 END) ELSE 0 END,
    CASE WHEN %(stage)s::int = 2 THEN count(*) FILTER (WHERE taken) ELSE 0 END,
    CASE WHEN %(stage)s::int = 2 THEN count(*) FILTER (WHERE rung >= 4) ELSE 0 END,
    CASE WHEN %(stage)s::int = 2 THEN count(*) FILTER (WHERE rung >= 5) ELSE 0 END,
    false
FROM (
    SELECT d.account_id, d.state, d.signal, d.maybe_sent, date_trunc('minute', d.claimed_at) AS minute,
        d.state IN ('waiting', 'cancelled') OR d.code = 'expired' AS again, a.paused_until IS NOT NULL AND a.paused_until >= d.claimed_at AS paused,
        coalesce(array_position(ARRAY['accepted', 'sent', 'delivered', 'read', 'answered'], d.signal), 0) AS rung,
        d.signal IN ('accepted', 'sent', 'delivered', 'read', 'answered') OR d.signal = 'failed' AND d.provider_id <> ''
            AS taken,
        d.account_id = ANY(%(tells)s::bigint[]) AS tells,
        CASE WHEN d.signal IN ('accepted', 'sent') AND d.signal_at >= d.claimed_at
            THEN least(extract(epoch FROM d.signal_at - d.claimed_at) * 1000, 3600000)::bigint END AS ms,
        CASE WHEN d.account_id <> ALL(%(phones)s::bigint[]) THEN ''
            WHEN d.address LIKE '+77%%' OR d.address LIKE '+76%%' THEN 'KZ'
            WHEN d.address LIKE '+7%%' THEN 'RU' ELSE '' END AS place
    FROM delivery_delivery d JOIN delivery_account a ON a.id = d.account_id
    WHERE d.claimed_at >= %(since)s::timestamptz AND d.claimed_at < %(until)s::timestamptz
      AND d.account_id = ANY(%(accounts)s::bigint[]) AND d.op = 'send' AND d.tries > d.untried
      AND d.code NOT IN ('stale', 'warm_up')
) AS seen
GROUP BY account_id, place, minute
ON CONFLICT (account_id, place, minute) DO UPDATE
SET tried = greatest(w.tried, excluded.tried), taken = greatest(w.taken, excluded.taken),
    unavailable = greatest(w.unavailable, excluded.unavailable), throttled = greatest(w.throttled, excluded.throttled),
    rejected = greatest(w.rejected, excluded.rejected), unanswered = greatest(w.unanswered, excluded.unanswered),
    timed = greatest(w.timed, excluded.timed), slow_ms = greatest(w.slow_ms, excluded.slow_ms),
    within_1 = greatest(w.within_1, excluded.within_1), within_5 = greatest(w.within_5, excluded.within_5),
    within_20 = greatest(w.within_20, excluded.within_20), judged = greatest(w.judged, excluded.judged),
    arrived = greatest(w.arrived, excluded.arrived), asked = greatest(w.asked, excluded.asked),
    read = greatest(w.read, excluded.read), answered = greatest(w.answered, excluded.answered)
