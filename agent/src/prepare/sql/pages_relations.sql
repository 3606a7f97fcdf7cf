-- Relations with files of their own that recovery does not empty: oid, name, kind, access method, file, size, rows as of
-- the last vacuum, and of indexes their table and whether they have to be complete.
SELECT c.oid, pg_catalog.concat(n.nspname, '.', c.relname), c.relkind::text, COALESCE(a.amname, '')::text,
       pg_catalog.pg_relation_filepath(c.oid), pg_catalog.pg_relation_size(c.oid), c.reltuples::float8,
       i.indrelid, COALESCE(i.indisvalid AND i.indisready, true)
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_am a ON a.oid = c.relam
LEFT JOIN pg_catalog.pg_index i ON i.indexrelid = c.oid
WHERE c.relpersistence = 'p' AND c.relkind IN ('r', 'm', 't', 'i', 'S')
  AND pg_catalog.pg_relation_filepath(c.oid) IS NOT NULL
  AND pg_catalog.current_setting('block_size') = '8192'
