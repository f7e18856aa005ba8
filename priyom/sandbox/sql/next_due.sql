-- The nearest moment after now at which the house means to do something by itself; null when nothing is planned. A
-- gateway that is down is probed after seconds, then every minute for as long as it is; of those probes the walk rests
-- at one in ten minutes, or a day of them would take minutes.
SELECT min(at) FROM (
    SELECT min(CASE WHEN a.health = 'down' AND d.due_at > %(now)s::timestamptz + interval '45 seconds'
        THEN greatest(d.due_at, %(now)s::timestamptz + interval '10 minutes') ELSE d.due_at END) AS at
    FROM delivery_delivery d JOIN delivery_account a ON a.id = d.account_id
    WHERE d.state = 'waiting' AND a.enabled AND d.due_at > %(now)s::timestamptz
    UNION ALL
    SELECT min(CASE WHEN a.health = 'down' AND a.paused_until > %(now)s::timestamptz + interval '45 seconds'
        THEN greatest(a.paused_until, %(now)s::timestamptz + interval '10 minutes') ELSE a.paused_until END)
    FROM delivery_account a
    WHERE a.enabled AND a.health <> 'broken' AND a.paused_until > %(now)s::timestamptz
      AND EXISTS (SELECT 1 FROM delivery_delivery d WHERE d.account_id = a.id AND d.state = 'waiting')
    UNION ALL
    SELECT min(act_at) FROM notifications_notification WHERE act_at > %(now)s::timestamptz
    UNION ALL
    SELECT min(due_at) FROM scenarios_run WHERE due_at > %(now)s::timestamptz
    UNION ALL
    SELECT min(next_try_at) FROM journal_pending WHERE NOT parked AND next_try_at > %(now)s::timestamptz
    UNION ALL
    SELECT min(next_try_at) FROM delivery_rawupdate WHERE state = 'new' AND next_try_at > %(now)s::timestamptz
    UNION ALL
    SELECT min(due_at) FROM inbox_lateanswer WHERE due_at > %(now)s::timestamptz
) AS plans
