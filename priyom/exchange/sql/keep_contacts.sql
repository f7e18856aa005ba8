-- Addresses of people of past visits: only added, never taken away.
INSERT INTO patients_contactpoint (patient_id, kind, address, relation, created_at, linked_by)
SELECT row.patient_id, row.kind, row.address, 'own', %(at)s, 'record'
FROM unnest(%(patient_ids)s::bigint[], %(kinds)s::text[], %(addresses)s::text[]) AS row (patient_id, kind, address)
ON CONFLICT (patient_id, kind, address) DO NOTHING
