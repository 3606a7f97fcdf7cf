-- How many tables of users there are, and how many bytes their rows and large objects take. The size of what a
-- transaction in doubt has locked cannot be asked for.
SELECT pg_catalog.count(*), COALESCE(pg_catalog.sum(
           CASE WHEN EXISTS (SELECT FROM pg_catalog.pg_locks k
                             WHERE k.pid IS NULL AND k.mode = 'AccessExclusiveLock' AND k.relation = c.oid
                               AND k.database = (SELECT oid FROM pg_catalog.pg_database
                                                 WHERE datname = pg_catalog.current_database()))
                THEN c.relpages * 8192::bigint ELSE pg_catalog.pg_relation_size(c.oid) END), 0)::bigint
           + pg_catalog.pg_relation_size('pg_catalog.pg_largeobject')
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'm') AND c.relpersistence <> 't'
  AND n.nspname NOT IN ('pg_catalog', 'information_schema', '_pgro') AND n.nspname NOT LIKE 'pg\_toast%'
