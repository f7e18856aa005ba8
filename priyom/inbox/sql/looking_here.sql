-- These members of the staff have these threads open now. Threads that are gone are passed over.
INSERT INTO inbox_looking AS known (conversation_id, staff_id, seen_at)
SELECT here.conversation_id, here.staff_id, %(now)s::timestamptz
FROM unnest(%(conversations)s::bigint[], %(staff)s::bigint[]) AS here (conversation_id, staff_id)
JOIN inbox_conversation c ON c.id = here.conversation_id
JOIN clinic_staff s ON s.id = here.staff_id
ORDER BY here.conversation_id, here.staff_id
ON CONFLICT (conversation_id, staff_id) DO UPDATE SET seen_at = excluded.seen_at
