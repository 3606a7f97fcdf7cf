SELECT datname::text, datallowconn, datistemplate FROM pg_catalog.pg_database ORDER BY datname::text COLLATE "C"
