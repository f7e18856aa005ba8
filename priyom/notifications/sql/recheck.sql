-- Of the claimed deliveries, those that must not go any more, and why: the visit changed, the notification ended,
-- the consent was withdrawn, the channel of the contact point was lost.
SELECT d.id,
       CASE
           WHEN n.state NOT IN ('planned', 'running') THEN 'уведомление больше не нужно'
           WHEN v.id IS NOT NULL AND v.version <> n.visit_version THEN 'визит перенесен'
           WHEN v.id IS NOT NULL AND n.kind NOT IN ('cancelled', 'no_show')
                AND v.state NOT IN ('booked', 'moved', 'confirmed') THEN 'визит уже не состоится в это время'
           WHEN c.given IS NOT NULL AND NOT c.given THEN 'пациент отказался от сообщений'
           WHEN r.lost <> '' THEN 'канал закрыт пациентом'
       END AS reason
FROM unnest(%(ids)s::bigint[]) AS claimed (id)
JOIN delivery_delivery d ON d.id = claimed.id AND d.origin = 'notification'
JOIN delivery_account a ON a.id = d.account_id
JOIN notifications_notification n ON n.id = d.origin_id
LEFT JOIN appointments_visit v ON v.id = n.visit_id
LEFT JOIN patients_reach r ON r.contact_point_id = d.contact_point_id AND r.channel = a.channel
LEFT JOIN LATERAL (
    SELECT said.given
    FROM consent_consent said
    WHERE said.patient_id = n.patient_id AND said.purpose = n.purpose AND said.channel IN ('', a.channel)
    ORDER BY said.id DESC
    LIMIT 1
) c ON TRUE
WHERE n.state NOT IN ('planned', 'running')
   OR v.version <> n.visit_version
   OR (n.kind NOT IN ('cancelled', 'no_show') AND v.state NOT IN ('booked', 'moved', 'confirmed'))
   OR NOT c.given
   OR r.lost <> ''
