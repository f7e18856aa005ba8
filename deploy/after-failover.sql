-- After a failover to an asynchronous standby, once, before a worker starts:
--     psql "$DATABASE_URL" -v ON_ERROR_STOP=1 -f deploy/after-failover.sql
-- The new primary may not know what was sent in the last moments of the old one. So whatever was due by now counts as
-- perhaps sent: channels that know a message by its key get it again under the same key, channels that can be asked are
-- asked first, and where neither is possible the message is listed as uncertain and its route goes on.
-- After a failover to a synchronous standby this is not needed (and does no harm but for such uncertain ones).
BEGIN;

UPDATE delivery_delivery
SET state = 'sending', tries = least(tries + 1, 32000), claimed_at = now()
WHERE state = 'waiting' AND due_at <= now();

-- Numbers the old primary gave away may be unknown here. A key made of a number must never be given to a second message.
SELECT count(setval(format('%I.%I', schemaname, sequencename)::regclass, last_value + 1000000)) AS sequences_moved
FROM pg_sequences WHERE schemaname = 'public' AND last_value IS NOT NULL;

COMMIT;
