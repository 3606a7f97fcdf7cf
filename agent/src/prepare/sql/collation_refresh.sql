-- Statements that record this image's versions for the orders that indexes, ranges and columns use; all indexes that
-- follow them were rebuilt.
SELECT pg_catalog.format('ALTER COLLATION %I.%I REFRESH VERSION', n.nspname, l.collname)
FROM pg_catalog.pg_collation l
JOIN pg_catalog.pg_namespace n ON n.oid = l.collnamespace
WHERE l.collprovider <> 'd' AND l.collversion <> pg_catalog.pg_collation_actual_version(l.oid)
  AND (EXISTS (SELECT FROM pg_catalog.pg_index i WHERE l.oid = ANY (i.indcollation::pg_catalog.oid[]))
       OR EXISTS (SELECT FROM pg_catalog.pg_range r WHERE r.rngcollation = l.oid)
       OR EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attcollation = l.oid))
