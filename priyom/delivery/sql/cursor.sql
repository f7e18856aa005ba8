-- Remember a listening session's position.
INSERT INTO delivery_accountstate (account_id, vitals, line, line_why, cursor)
VALUES (%(account)s::bigint, '{}', '', '', %(cursor)s)
ON CONFLICT (account_id) DO UPDATE SET cursor = excluded.cursor
