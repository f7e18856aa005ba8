-- What a dead process has left marked as being sent, apart from what is in our own hands. `young`: the locks may have
-- been lost with the server itself (begun or promoted just now), so that whoever left it may not know of that yet.
SELECT id, op, tries, address, rank, untried,
    greatest(pg_postmaster_start_time(), pg_last_xact_replay_timestamp()) > clock_timestamp() - interval '12 seconds'
FROM delivery_delivery
WHERE account_id = %(account)s::bigint AND state = 'sending' AND id <> ALL (%(ours)s::bigint[])
ORDER BY id
