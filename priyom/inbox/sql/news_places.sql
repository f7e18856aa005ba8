-- Where these deliveries and files stand: the patient, or the open thread.
SELECT 'patient:' || d.patient_id FROM delivery_delivery d
WHERE d.id = ANY (%(deliveries)s::bigint[]) AND d.patient_id IS NOT NULL
UNION
SELECT 'chat:' || c.id FROM delivery_delivery d
JOIN inbox_conversation c ON c.patient_id IS NULL AND c.account_id = d.account_id AND c.address = d.address
WHERE d.id = ANY (%(deliveries)s::bigint[]) AND d.patient_id IS NULL
UNION
SELECT 'chat:' || i.conversation_id FROM inbox_incoming i
WHERE cardinality(%(files)s::bigint[]) > 0 AND i.conversation_id = ANY (%(chats)s::bigint[]) AND EXISTS (
    SELECT FROM jsonb_array_elements(i.files) AS file WHERE (file ->> 'id')::bigint = ANY (%(files)s::bigint[]))
