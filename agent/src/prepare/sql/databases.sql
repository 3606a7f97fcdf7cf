-- A database with a limit of -2 was being dropped; its owner cannot use it either.
SELECT datname::text, datallowconn AND datconnlimit <> -2, datistemplate FROM pg_catalog.pg_database ORDER BY datname::text COLLATE "C"
