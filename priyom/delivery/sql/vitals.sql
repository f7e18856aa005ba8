-- How the account stands at the vendor.
INSERT INTO delivery_accountstate (account_id, vitals, vitals_at, line, line_why, cursor)
VALUES (%(account)s::bigint, %(vitals)s::jsonb, %(now)s::timestamptz, '', '', '')
ON CONFLICT (account_id) DO UPDATE SET vitals = excluded.vitals, vitals_at = excluded.vitals_at
