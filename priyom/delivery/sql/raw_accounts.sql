-- Accounts as webhooks need them. `version` changes whenever anything in the row does.
SELECT key, channel, id, xmin::text AS version, settings, secrets FROM delivery_account WHERE key = ANY(%(keys)s::text[])
