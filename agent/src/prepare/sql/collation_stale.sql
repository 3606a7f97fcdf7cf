-- $1: whether the database's own order is another one here; $2: orders that were mapped. Indexes with a key in an order
-- whose version differs; what is not valid is used by no query, and one left behind by a failed build may not build at all.
SELECT c.oid, pg_catalog.concat(n.nspname, '.', c.relname), pg_catalog.format('REINDEX INDEX %I.%I', n.nspname, c.relname)
FROM pg_catalog.pg_index i
JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'i' AND c.relpersistence <> 't' AND i.indisvalid AND i.indisready
  AND EXISTS (
      SELECT FROM pg_catalog.unnest(i.indcollation::pg_catalog.oid[]) AS k (oid)
      JOIN pg_catalog.pg_collation l ON l.oid = k.oid
      WHERE CASE WHEN l.collprovider = 'd' THEN $1::bool
                 ELSE l.oid = ANY ($2::pg_catalog.oid[])
                      OR l.collversion <> pg_catalog.pg_collation_actual_version(l.oid) END)
