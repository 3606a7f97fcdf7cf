-- Orders of the C library that a column, an index or a type is in, each with a statement that compares by it.
SELECT l.oid, pg_catalog.format('SELECT ''a''::pg_catalog.text < ''b''::pg_catalog.text COLLATE %I.%I', n.nspname, l.collname)
FROM pg_catalog.pg_collation l
JOIN pg_catalog.pg_namespace n ON n.oid = l.collnamespace
WHERE l.collprovider = 'c' AND l.collcollate::text NOT IN ('C', 'POSIX')
  AND (EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attcollation = l.oid)
       OR EXISTS (SELECT FROM pg_catalog.pg_index i WHERE l.oid = ANY (i.indcollation::pg_catalog.oid[]))
       OR EXISTS (SELECT FROM pg_catalog.pg_range r WHERE r.rngcollation = l.oid)
       OR EXISTS (SELECT FROM pg_catalog.pg_type t WHERE t.typcollation = l.oid))
