-- Databases that take no sessions; one with a limit of -2 was being dropped and cannot be opened at all.
SELECT datname::text FROM pg_catalog.pg_database WHERE NOT datallowconn AND datconnlimit <> -2
