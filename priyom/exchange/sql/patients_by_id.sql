-- Our ids of these patients: of a card that became part of another one, that one's.
WITH RECURSIVE home AS (
    SELECT external_id, id, merged_into_id FROM patients_patient WHERE external_id = ANY(%(external_ids)s::text[])
    UNION ALL
    SELECT home.external_id, other.id, other.merged_into_id
    FROM home JOIN patients_patient AS other ON other.id = home.merged_into_id
)
SELECT external_id, id FROM home WHERE merged_into_id IS NULL
