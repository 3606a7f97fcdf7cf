-- $1 role: statements that let it read every table of this database, for servers without pg_read_all_data.
SELECT pg_catalog.format('GRANT USAGE ON SCHEMA %I TO %I', nspname, $1::text)
FROM pg_catalog.pg_namespace WHERE nspname NOT LIKE 'pg\_toast%' AND nspname NOT LIKE 'pg\_temp%'
UNION ALL
SELECT pg_catalog.format('GRANT SELECT ON %I.%I TO %I', n.nspname, c.relname, $1::text)
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND n.nspname NOT IN ('pg_catalog', 'information_schema')
  AND n.nspname NOT LIKE 'pg\_toast%' AND n.nspname NOT LIKE 'pg\_temp%'
