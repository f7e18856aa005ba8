-- List what is uncertain and has no doubt: it was so before there was a list.
INSERT INTO delivery_doubt (delivery_id, kind, since, why, resolved, how)
SELECT d.id, 'lost', coalesce(d.signal_at, %(now)s::timestamptz), d.evidence, '', ''
FROM delivery_delivery d
WHERE d.signal = 'uncertain' AND NOT EXISTS (SELECT FROM delivery_doubt WHERE delivery_id = d.id)
LIMIT 1000
ON CONFLICT DO NOTHING
