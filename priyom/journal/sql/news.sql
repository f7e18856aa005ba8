-- What has become visible since the snapshot that ended at `xmax` while the transactions `running` were under way; of
-- the newest rows at most `most`. `epoch` is another one whenever transaction numbers may mean something else.
SELECT (extract(epoch FROM pg_postmaster_start_time()) * 1000000)::bigint AS epoch,
    extract(epoch FROM clock_timestamp())::bigint AS seconds,
    pg_current_snapshot()::text AS snapshot,
    ARRAY(
        SELECT about FROM journal_news
        WHERE xid >= %(xmax)s::text::xid8 OR xid = ANY (%(running)s::text::xid8[])
        LIMIT %(most)s::int
    ) AS about
