-- Every account that may be pumped, with a version that changes whenever its row does.
SELECT id, xmin::text, key, channel, settings, secrets, pace, paused_until, health, warm_since
FROM delivery_account WHERE enabled ORDER BY id
