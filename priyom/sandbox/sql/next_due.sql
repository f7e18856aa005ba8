-- The nearest moment after now at which the house means to do something by itself; null when nothing is planned. A
-- gateway that is down is probed every other minute: the walk rests at a probe every ten, or a day of them would take
-- minutes.
SELECT min(at) FROM (
    SELECT min(greatest(d.due_at, CASE a.health WHEN 'down' THEN %(now)s::timestamptz + interval '10 minutes' END)) AS at
    FROM delivery_delivery d JOIN delivery_account a ON a.id = d.account_id
    WHERE d.state = 'waiting' AND a.enabled AND d.due_at > %(now)s::timestamptz
    UNION ALL
    SELECT min(greatest(a.paused_until, CASE a.health WHEN 'down' THEN %(now)s::timestamptz + interval '10 minutes' END))
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
