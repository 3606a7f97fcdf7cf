-- Relations with files of their own: oid, name, kind, access method, file, rows as of
-- the last vacuum, and of indexes their table and whether they have to be complete; and
-- whether recovery empties it; and pages as of then. From 18 on these may come from another cluster and say nothing
-- of the file, as they do of what recovery empties.
SELECT c.oid, pg_catalog.concat(n.nspname, '.', c.relname), c.relkind::text, COALESCE(a.amname, '')::text,
       pg_catalog.pg_relation_filepath(c.oid), c.reltuples::float8,
       i.indrelid, COALESCE(i.indisvalid AND i.indisready, true), c.relpersistence = 'u',
       CASE WHEN c.relpersistence = 'p' THEN c.relpages ELSE 0 END
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_am a ON a.oid = c.relam
LEFT JOIN pg_catalog.pg_index i ON i.indexrelid = c.oid
WHERE c.relpersistence <> 't' AND c.relkind IN ('r', 'm', 't', 'i', 'S')
  AND pg_catalog.pg_relation_filepath(c.oid) IS NOT NULL
  AND pg_catalog.current_setting('block_size') = '8192'
