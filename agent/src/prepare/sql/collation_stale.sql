-- $1: whether the database's own order is another one here; $2: orders that were mapped. Indexes with a key in an order
-- whose version differs, be it that of a text, of a range over text or of a row with text in it; what is not valid is used
-- by no query, and one left behind by a failed build may not build at all.
WITH RECURSIVE stale AS (
    SELECT l.oid FROM pg_catalog.pg_collation l
    WHERE CASE WHEN l.collprovider = 'd' THEN $1::bool
               ELSE l.oid = ANY ($2::pg_catalog.oid[])
                    OR l.collversion <> pg_catalog.pg_collation_actual_version(l.oid) END
), made (part, whole) AS (
    SELECT oid, typarray FROM pg_catalog.pg_type WHERE typarray <> 0
    UNION ALL SELECT typbasetype, oid FROM pg_catalog.pg_type WHERE typtype = 'd'
    UNION ALL SELECT rngsubtype, rngtypid FROM pg_catalog.pg_range
    UNION ALL SELECT rngtypid, (pg_catalog.to_jsonb(r) ->> 'rngmultitypid')::pg_catalog.oid FROM pg_catalog.pg_range r
    UNION ALL SELECT a.atttypid, c.reltype FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
    WHERE c.reltype <> 0 AND a.attnum > 0 AND NOT a.attisdropped
), ordered (oid) AS (
    SELECT oid FROM (
        SELECT r.rngtypid AS oid FROM pg_catalog.pg_range r WHERE r.rngcollation IN (SELECT oid FROM stale)
        UNION
        SELECT c.reltype FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
        WHERE c.reltype <> 0 AND a.attnum > 0 AND NOT a.attisdropped AND a.attcollation IN (SELECT oid FROM stale)
    ) AS first
    UNION
    SELECT m.whole FROM ordered o JOIN made m ON m.part = o.oid
)
SELECT c.oid, pg_catalog.concat(n.nspname, '.', c.relname), pg_catalog.format('REINDEX INDEX %I.%I', n.nspname, c.relname)
FROM pg_catalog.pg_index i
JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'i' AND c.relpersistence <> 't' AND i.indisvalid AND i.indisready
  AND (i.indcollation::pg_catalog.oid[] && (SELECT pg_catalog.array_agg(oid) FROM stale)
       OR EXISTS (SELECT FROM pg_catalog.pg_attribute a JOIN ordered o ON o.oid = a.atttypid
                  WHERE a.attrelid = c.oid AND a.attnum <= i.indnkeyatts))
