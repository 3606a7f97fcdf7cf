-- A database with a limit of -2 was being dropped; its owner cannot use it either. Others may be templates as well.
SELECT datname::text, datallowconn AND datconnlimit <> -2, datistemplate AND datname IN ('template0', 'template1'), oid
FROM pg_catalog.pg_database ORDER BY datname::text COLLATE "C"
