-- The leg that this delivery is, and how its notification stands; the notification is held until the transaction ends.
SELECT leg.id, notification.state, notification.goal
FROM notifications_leg leg JOIN notifications_notification notification ON notification.id = leg.notification_id
WHERE leg.delivery_id = %(delivery)s::bigint
FOR UPDATE OF notification
