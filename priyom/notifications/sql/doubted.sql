-- The deliveries of this notification's legs (but one, or 0) that stand among the doubts.
SELECT doubt.delivery_id
FROM notifications_leg leg JOIN delivery_doubt doubt ON doubt.delivery_id = leg.delivery_id
WHERE leg.notification_id = %(notification)s::bigint AND leg.id <> %(but)s::bigint AND doubt.resolved = ''
