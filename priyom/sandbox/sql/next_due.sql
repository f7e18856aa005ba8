-- The nearest moment after now at which the house means to do something by itself; null when nothing is planned. A
-- gateway that is down is probed after seconds, then every minute for as long as it is; of those probes the walk rests
-- at one in ten minutes, or a day of them would take minutes.
SELECT min(CASE WHEN down AND at > %(now)s::timestamptz + interval '45 seconds'
    THEN greatest(at, %(now)s::timestamptz + interval '10 minutes') ELSE at END)
FROM (
    SELECT a.health = 'down' AS down, min(d.due_at) AS at
    FROM delivery_delivery d JOIN delivery_account a ON a.id = d.account_id
    WHERE d.state = 'waiting' AND a.enabled AND d.due_at > %(now)s::timestamptz
    GROUP BY 1
    UNION ALL
    SELECT a.health = 'down', min(a.paused_until)
    FROM delivery_account a
    WHERE a.enabled AND a.health <> 'broken' AND a.paused_until > %(now)s::timestamptz
      AND EXISTS (SELECT 1 FROM delivery_delivery d WHERE d.account_id = a.id AND d.state = 'waiting')
    GROUP BY 1
    UNION ALL
    SELECT false, min(act_at) FROM notifications_notification WHERE act_at > %(now)s::timestamptz
    UNION ALL
    SELECT false, min(due_at) FROM scenarios_run WHERE due_at > %(now)s::timestamptz
    UNION ALL
    SELECT false, min(next_try_at) FROM journal_pending WHERE NOT parked AND next_try_at > %(now)s::timestamptz
    UNION ALL
    SELECT false, min(next_try_at) FROM delivery_rawupdate WHERE state = 'new' AND next_try_at > %(now)s::timestamptz
    UNION ALL
    SELECT false, min(due_at) FROM inbox_lateanswer WHERE due_at > %(now)s::timestamptz
) AS plans
