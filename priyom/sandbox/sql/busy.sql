-- How much is to be done right now and can be: the house is quiet when every number is 0. Deliveries of accounts that
-- rest or need a person, and of gateways that hang, are left out: they would hold up the clock for nothing.
SELECT
    (SELECT count(*) FROM delivery_delivery d JOIN delivery_account a ON a.id = d.account_id
     WHERE d.state = 'waiting' AND d.due_at <= %(now)s::timestamptz AND a.enabled AND a.health <> 'broken'
       AND (a.paused_until IS NULL OR a.paused_until <= %(now)s::timestamptz)
       AND a.channel <> ALL (%(hanging)s::text[])),
    (SELECT count(*) FROM delivery_delivery d JOIN delivery_account a ON a.id = d.account_id
     WHERE d.state = 'sending' AND a.channel <> ALL (%(hanging)s::text[])),
    (SELECT count(*) FROM journal_pending WHERE NOT parked AND next_try_at <= %(now)s::timestamptz),
    (SELECT count(*) FROM delivery_rawupdate WHERE state = 'new' AND next_try_at <= %(now)s::timestamptz),
    (SELECT count(*) FROM scenarios_run WHERE due_at <= %(now)s::timestamptz),
    (SELECT count(*) FROM notifications_notification WHERE act_at <= %(now)s::timestamptz),
    (SELECT count(*) FROM inbox_lateanswer WHERE due_at <= %(now)s::timestamptz)
