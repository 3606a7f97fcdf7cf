-- The version without the packager's addition, whether recovery goes on, and the last checkpoint, which ended it.
SELECT pg_catalog.split_part(pg_catalog.current_setting('server_version'), ' ', 1), pg_catalog.pg_is_in_recovery(),
       (SELECT (checkpoint_lsn - '0/0'::pg_catalog.pg_lsn)::bigint FROM pg_catalog.pg_control_checkpoint())
