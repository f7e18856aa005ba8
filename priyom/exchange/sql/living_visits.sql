-- Which of these visits live in the house: they change through its verbs only.
SELECT external_id
FROM appointments_visit
WHERE external_id = ANY(%(external_ids)s::text[]) AND NOT history
