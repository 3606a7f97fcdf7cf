-- Statements that record this image's versions for the orders that indexes use; all of them were rebuilt.
SELECT DISTINCT pg_catalog.format('ALTER COLLATION %I.%I REFRESH VERSION', n.nspname, l.collname)
FROM pg_catalog.pg_index i
CROSS JOIN pg_catalog.unnest(i.indcollation::pg_catalog.oid[]) AS k (oid)
JOIN pg_catalog.pg_collation l ON l.oid = k.oid
JOIN pg_catalog.pg_namespace n ON n.oid = l.collnamespace
WHERE l.collprovider <> 'd' AND l.collversion <> pg_catalog.pg_collation_actual_version(l.oid)
