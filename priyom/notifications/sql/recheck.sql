-- Of the claimed deliveries, those that must not go any more, and why: the visit changed, the notification ended,
-- the consent was withdrawn, the channel of the contact point was lost. `families`: a word about one of them is about
-- all (`consent.rules.decide`), and so is an address that does not exist (`ways.ways`).
SELECT d.id,
       CASE
           WHEN n.state NOT IN ('planned', 'running') THEN 'уведомление больше не нужно'
           WHEN v.id IS NOT NULL AND v.version <> n.visit_version THEN 'визит перенесен'
           WHEN v.id IS NOT NULL AND n.kind NOT IN ('cancelled', 'no_show')
                AND v.state NOT IN ('booked', 'moved', 'confirmed') THEN 'визит уже не состоится в это время'
           WHEN c.given IS NOT NULL AND NOT c.given THEN 'пациент отказался от сообщений'
           WHEN r.closed THEN 'канал закрыт пациентом'
       END AS reason
FROM unnest(%(ids)s::bigint[]) AS claimed (id)
JOIN delivery_delivery d ON d.id = claimed.id AND d.origin = 'notification'
JOIN delivery_account a ON a.id = d.account_id
JOIN notifications_notification n ON n.id = d.origin_id
LEFT JOIN appointments_visit v ON v.id = n.visit_id
LEFT JOIN jsonb_each(%(families)s::jsonb) AS family (channel, keys) ON family.channel = a.channel
LEFT JOIN LATERAL (
    SELECT TRUE AS closed
    FROM patients_reach shown
    WHERE shown.contact_point_id = d.contact_point_id AND shown.lost <> ''
      AND (shown.channel = a.channel OR shown.lost = 'gone' AND family.keys ? shown.channel)
    LIMIT 1
) r ON TRUE
LEFT JOIN LATERAL (
    SELECT said.given
    FROM consent_consent said
    WHERE said.patient_id = n.patient_id AND said.purpose = n.purpose
      AND (said.channel IN ('', a.channel) OR family.keys ? said.channel)
    ORDER BY said.id DESC
    LIMIT 1
) c ON TRUE
WHERE n.state NOT IN ('planned', 'running')
   OR v.version <> n.visit_version
   OR (n.kind NOT IN ('cancelled', 'no_show') AND v.state NOT IN ('booked', 'moved', 'confirmed'))
   OR NOT c.given
   OR r.closed
