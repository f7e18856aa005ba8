-- The messages that reports name by the gateway's ids; the newest, where an id was given twice.
SELECT r.account, r.provider_id, max(d.id)
FROM unnest(%(account)s::bigint[], %(provider_id)s::text[]) AS r (account, provider_id)
JOIN delivery_delivery d
    ON d.account_id = r.account AND d.provider_id = r.provider_id AND d.provider_id <> '' AND d.op = 'send'
GROUP BY r.account, r.provider_id
