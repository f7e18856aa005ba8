-- Back to waiting. `back` is 1 for what was claimed and never tried. A claim's number is never used again: this may be
-- written twice, when the database's answer is lost, and must not take a delivery out of newer hands.
UPDATE delivery_delivery d
SET state = 'waiting', due_at = greatest(d.due_at, r.due_at), untried = d.untried + r.back,
    maybe_sent = d.maybe_sent OR r.maybe_sent, evidence = coalesce(nullif(r.evidence, ''), d.evidence)
FROM unnest(
    %(id)s::bigint[], %(tries)s::int[], %(due_at)s::timestamptz[], %(back)s::int[], %(maybe_sent)s::bool[],
    %(evidence)s::text[]
) AS r (id, tries, due_at, back, maybe_sent, evidence)
WHERE d.id = r.id AND d.state = 'sending' AND d.tries = r.tries
