-- The person wrote: they are there.
UPDATE patients_reach
SET lost = '', lost_at = NULL, lost_why = '', answered_at = greatest(answered_at, %(at)s::timestamptz)
WHERE contact_point_id = %(point)s::bigint AND channel = %(channel)s::text
