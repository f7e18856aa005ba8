-- These have left.
DELETE FROM inbox_looking known
USING unnest(%(conversations)s::bigint[], %(staff)s::bigint[]) AS gone (conversation_id, staff_id)
WHERE known.conversation_id = gone.conversation_id AND known.staff_id = gone.staff_id
