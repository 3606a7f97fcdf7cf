-- Name, statement, size and use of every relation whose rows are stored. ONLY, since each partition and child stands in this
-- list itself; all columns by name, since COPY of a table leaves generated ones out; those that are not stored but
-- computed when they are read (from 18 on) hold nothing and may raise errors. The place first, for findings. What a
-- transaction in doubt has locked cannot be read until somebody decides it.
SELECT pg_catalog.concat(n.nspname, '.', c.relname),
       pg_catalog.format('COPY (SELECT x.ctid%s FROM ONLY %I.%I AS x) TO STDOUT',
           (SELECT pg_catalog.string_agg(pg_catalog.format(', x.%I', a.attname), '' ORDER BY a.attnum)
            FROM pg_catalog.pg_attribute a
            WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated <> 'v'),
           n.nspname, c.relname),
       CASE WHEN l.locked THEN 0 ELSE pg_catalog.pg_table_size(c.oid) END, l.locked,
       -- which of them are decimal numbers
       (SELECT pg_catalog.array_agg(k.n::int ORDER BY k.n) FROM (
            SELECT pg_catalog.row_number() OVER (ORDER BY a.attnum) AS n, a.atttypid
            FROM pg_catalog.pg_attribute a
            WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated <> 'v') AS k
        WHERE k.atttypid = 1700),
       -- whether its rows are a user's
       c.relkind <> 'S' AND n.nspname NOT IN ('pg_catalog', 'information_schema', '_pgro') AND n.nspname NOT LIKE 'pg\_toast%'
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
CROSS JOIN LATERAL (
    SELECT EXISTS (SELECT FROM pg_catalog.pg_locks k
                   WHERE k.pid IS NULL AND k.mode = 'AccessExclusiveLock' AND k.relation = c.oid
                     AND k.database IN (0, (SELECT oid FROM pg_catalog.pg_database
                                            WHERE datname = pg_catalog.current_database())))) AS l (locked)
WHERE c.relkind IN ('r', 'm', 'S') AND c.relpersistence <> 't' AND (c.relkind <> 'm' OR c.relispopulated)
