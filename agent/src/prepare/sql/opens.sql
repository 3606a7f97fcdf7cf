-- The version without the packager's addition, and whether recovery goes on.
SELECT pg_catalog.split_part(pg_catalog.current_setting('server_version'), ' ', 1), pg_catalog.pg_is_in_recovery()
