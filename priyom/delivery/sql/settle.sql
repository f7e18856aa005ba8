-- Settle a batch: move each delivery forward on the ladder, write the facts, queue the rooms that want to hear of them,
-- note what the contact points have shown, and list what is not known. `of_try` ties a result to its claim; 0 is a
-- gateway's later report, -1 the end of what nobody had claimed. `once`: the vendor drops doubles by our key.
WITH result AS (
    SELECT r.* FROM unnest(
        %(id)s::text::bigint[], %(of_try)s::text::int[], %(signal)s::text::text[], %(rung)s::text::int[],
        %(state)s::text::text[], %(evidence)s::text::text[], %(code)s::text::text[], %(provider_id)s::text::text[],
        %(cost)s::text::numeric[], %(currency)s::text::text[], %(segments)s::text::int[], %(once)s::text::bool[],
        %(at)s::text::timestamptz[]
    ) AS r (id, of_try, signal, rung, state, evidence, code, provider_id, cost, currency, segments, once, at)
), settled AS (
    UPDATE delivery_delivery d
    SET state = r.state, signal = r.signal, signal_at = r.at,
        sent_at = CASE WHEN r.rung > 0 THEN coalesce(d.sent_at, d.claimed_at, r.at) ELSE d.sent_at END,
        maybe_sent = d.maybe_sent OR r.signal = 'uncertain',
        evidence = r.evidence, code = r.code,
        provider_id = CASE WHEN r.provider_id = '' THEN d.provider_id ELSE r.provider_id END,
        cost = coalesce(r.cost, d.cost), segments = coalesce(r.segments, d.segments),
        currency = CASE WHEN r.currency = '' THEN d.currency ELSE r.currency END
    FROM result r
    WHERE d.id = r.id AND CASE
        -- the result of the claim that is under way; or the vendor took an earlier one, whose answer comes late
        WHEN d.state = 'sending' THEN r.of_try = d.tries OR r.of_try = 0 OR r.rung > 0
        -- a late answer to a try whose outcome was thought unknown; proof that it stands in the chat, though the gateway
        -- refused it; or the end of what waited too long
        WHEN d.state = 'waiting' THEN r.rung > 0 AND d.maybe_sent OR r.rung >= 3 OR r.code = 'expired' AND r.of_try = coalesce(nullif(d.tries, 0), -1)
        WHEN d.state = 'cancelled' AND r.signal = 'failed' THEN d.signal = 'uncertain' AND r.of_try IN (0, d.tries)
        WHEN d.state = 'cancelled' THEN r.rung > 0 AND (d.signal = 'uncertain' OR r.rung > coalesce(array_position(ARRAY['accepted', 'sent', 'delivered', 'read', 'answered'], d.signal), 0))
        -- settled: only forward. After «failed» only proof that the message stands; after proof no «failed», and never
        -- that of one try after another try was taken
        WHEN d.signal = 'failed' THEN r.rung >= 3
        WHEN r.signal = 'failed' AND r.of_try <> 0 THEN d.signal = 'uncertain' AND r.of_try = d.tries
        WHEN r.signal = 'failed' THEN coalesce(array_position(ARRAY['accepted', 'sent', 'delivered', 'read', 'answered'], d.signal), 0) < 3
        WHEN r.signal = 'uncertain' THEN false
        ELSE r.rung > coalesce(array_position(ARRAY['accepted', 'sent', 'delivered', 'read', 'answered'], d.signal), 0)
    END
    RETURNING d.id, d.account_id, d.contact_point_id, d.patient_id, d.visit_id, d.op, d.origin, d.origin_id, d.goal,
        d.signal, d.code, d.evidence, d.provider_id, d.maybe_sent, d.tries, r.of_try, r.rung, r.at,
        r.of_try > 0 AND r.of_try < d.tries AND r.rung > 0 AND NOT r.once AND d.op = 'send' AS doubled
), fact AS (
    INSERT INTO journal_fact (type, at, patient_id, visit_id, data)
    SELECT 'DeliverySettled', %(now)s::timestamptz, patient_id, visit_id, jsonb_build_object(
        'delivery_id', id, 'origin', origin, 'origin_id', origin_id, 'signal', signal, 'code', code,
        'evidence', evidence, 'uncertain', signal = 'uncertain')
    FROM settled ORDER BY id
    RETURNING id, patient_id, (data ->> 'delivery_id')::bigint AS delivery_id
), pending AS (
    INSERT INTO journal_pending (fact_id, reactor, key, next_try_at, tries, parked, error)
    SELECT f.id, reactor, coalesce(f.patient_id, 0), %(now)s::timestamptz, 0, false, ''
    FROM fact f
    JOIN settled s ON s.id = f.delivery_id
    CROSS JOIN unnest(%(reactors)s::text[]) AS reactor
    WHERE s.rung = 0
       OR s.rung >= coalesce(array_position(ARRAY['accepted', 'sent', 'delivered', 'read', 'answered'], s.goal), 0)
    ORDER BY f.id
), reached AS (
    SELECT s.contact_point_id, a.channel, max(s.at) AS accepted_at, max(s.at) FILTER (WHERE s.rung >= 3) AS delivered_at
    FROM settled s JOIN delivery_account a ON a.id = s.account_id
    WHERE s.op = 'send' AND s.rung > 0 AND s.contact_point_id IS NOT NULL
    GROUP BY s.contact_point_id, a.channel
), reach AS (
    INSERT INTO patients_reach AS p (contact_point_id, channel, lost, lost_why, accepted_at, delivered_at)
    SELECT contact_point_id, channel, '', '', accepted_at, delivered_at FROM reached ORDER BY contact_point_id
    ON CONFLICT (contact_point_id, channel) DO UPDATE
    SET accepted_at = greatest(p.accepted_at, excluded.accepted_at),
        delivered_at = greatest(p.delivered_at, excluded.delivered_at)
), late AS (
    -- Answers that moved nothing, because another try had its answer first. `before` is what the batch found.
    SELECT r.id, r.signal, r.at, r.of_try < before.tries AND r.rung > 0 AS doubled,
        r.provider_id <> '' AND r.provider_id = before.provider_id AS same
    FROM result r JOIN delivery_delivery before ON before.id = r.id
    WHERE (SELECT count(*) FROM settled) < (SELECT count(*) FROM result) AND r.of_try > 0 AND NOT r.once
      AND NOT EXISTS (SELECT FROM settled s WHERE s.id = r.id)
      AND before.op = 'send' AND before.signal IN ('accepted', 'sent', 'delivered', 'read', 'answered')
), overtaken AS MATERIALIZED (
    -- Receipts that moved nothing, because an answer came before them: their claims are the newest, see `receipt`.
    SELECT r.* FROM result r
    WHERE (SELECT count(*) FROM settled) < (SELECT count(*) FROM result) AND r.of_try > 0 AND r.rung > 0
      AND NOT EXISTS (SELECT FROM settled s WHERE s.id = r.id)
), receipt AS (
    -- By no state that the answer changes: where it commits while this waits for the row, the old one is asked first.
    UPDATE delivery_delivery d
    SET provider_id = CASE WHEN d.provider_id = '' THEN o.provider_id ELSE d.provider_id END,
        cost = coalesce(d.cost, o.cost), segments = coalesce(d.segments, o.segments),
        currency = CASE WHEN d.currency = '' THEN o.currency ELSE d.currency END
    FROM overtaken o
    WHERE d.id = o.id AND d.tries = o.of_try AND d.state <> 'waiting' AND d.provider_id IN ('', o.provider_id)
      AND (d.provider_id <> o.provider_id OR d.cost IS NULL AND o.cost IS NOT NULL
           OR d.segments IS NULL AND o.segments IS NOT NULL OR d.currency = '' AND o.currency <> '')
), unknown AS (
    INSERT INTO delivery_doubt AS doubt (delivery_id, kind, since, why, resolved, how)
    SELECT id, 'lost', at, evidence, '', '' FROM settled WHERE signal = 'uncertain'
    UNION ALL SELECT id, 'twice', at, '', '', '' FROM settled WHERE doubled
    UNION ALL SELECT id, 'twice', at, '', '', '' FROM late WHERE doubled AND NOT same
    ON CONFLICT (delivery_id) DO UPDATE
    SET kind = 'twice', since = excluded.since, why = '', resolved = '', resolved_at = NULL, how = ''
    WHERE excluded.kind = 'twice'
), known AS (
    SELECT s.id, s.signal, 'lost' AS kind FROM settled s
    WHERE s.maybe_sent AND NOT s.doubled AND s.signal <> 'uncertain'
    UNION ALL SELECT s.id, 'once', 'twice' FROM settled s JOIN delivery_delivery before ON before.id = s.id
    WHERE s.maybe_sent AND s.of_try = s.tries AND s.provider_id <> '' AND s.provider_id = before.provider_id
    UNION ALL SELECT id, 'once', 'twice' FROM late WHERE NOT doubled AND (same OR signal = 'failed')
), answered AS (
    UPDATE delivery_doubt doubt
    SET resolved = 'evidence', resolved_at = %(now)s::timestamptz,
        how = left(concat_ws('; ', %(words)s::jsonb ->> k.signal, nullif(doubt.how, '')), 300)
    FROM known k WHERE doubt.delivery_id = k.id AND doubt.kind = k.kind AND doubt.resolved <> 'evidence'
)
SELECT id FROM settled
