-- The patient's thread.
SELECT * FROM inbox_conversation WHERE patient_id = %(patient)s::bigint
