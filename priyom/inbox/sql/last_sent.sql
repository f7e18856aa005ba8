-- Our last message in a chat that asked something. One whose sending we have not heard the end of counts too. `patient`:
-- of that patient alone, null for any.
SELECT * FROM delivery_delivery
WHERE account_id = %(account)s::bigint AND address = %(address)s::text AND op = 'send' AND body ? 'rows'
  AND (sent_at IS NOT NULL OR state = 'sending' OR maybe_sent)
  AND (%(patient)s::bigint IS NULL OR patient_id = %(patient)s::bigint)
ORDER BY id DESC LIMIT 1
