-- Our ids of these patients.
SELECT external_id, id FROM patients_patient WHERE external_id = ANY(%(external_ids)s::text[])
