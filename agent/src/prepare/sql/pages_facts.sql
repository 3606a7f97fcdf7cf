-- The end of the log; the oldest transaction whose end some database still needs, and the next one there will be.
SELECT (pg_catalog.pg_current_wal_insert_lsn() - '0/0'::pg_catalog.pg_lsn)::bigint,
       (SELECT datfrozenxid::text::bigint FROM pg_catalog.pg_database
        ORDER BY pg_catalog.age(datfrozenxid) DESC LIMIT 1),
       pg_catalog.pg_snapshot_xmax(pg_catalog.pg_current_snapshot())::text::bigint
