-- How many tables of users there are, and how many bytes their rows take.
SELECT pg_catalog.count(*), COALESCE(pg_catalog.sum(pg_catalog.pg_relation_size(c.oid)), 0)::bigint
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'm') AND c.relpersistence <> 't'
  AND n.nspname NOT IN ('pg_catalog', 'information_schema', '_pgro') AND n.nspname NOT LIKE 'pg\_toast%'
