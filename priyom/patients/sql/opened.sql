-- Somebody looks at a person's data. The same within ten minutes is the same look.
INSERT INTO patients_opened (staff_id, patient_id, what, at)
SELECT %(staff)s::bigint, %(patient)s::bigint, %(what)s::text, %(at)s::timestamptz
WHERE NOT EXISTS (
    SELECT 1 FROM patients_opened
    WHERE patient_id = %(patient)s::bigint AND at > %(since)s::timestamptz
      AND staff_id = %(staff)s::bigint AND what = %(what)s::text
)
