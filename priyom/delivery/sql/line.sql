-- How the line that an account listens on is.
INSERT INTO delivery_accountstate (account_id, vitals, line, line_why, line_since, cursor)
VALUES (%(account)s::bigint, '{}', %(line)s, %(why)s, %(now)s::timestamptz, '')
ON CONFLICT (account_id) DO UPDATE
SET line = excluded.line, line_why = excluded.line_why,
    line_since = CASE WHEN delivery_accountstate.line = excluded.line THEN delivery_accountstate.line_since ELSE excluded.line_since END
