-- Name, statement and size of every relation whose rows are stored. ONLY, since each partition and child stands in this
-- list itself; `x.*`, since COPY of a table leaves generated columns out; the place first, for findings.
SELECT pg_catalog.concat(n.nspname, '.', c.relname),
       pg_catalog.format('COPY (SELECT x.ctid, x.* FROM ONLY %I.%I AS x) TO STDOUT', n.nspname, c.relname),
       pg_catalog.pg_table_size(c.oid)
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'm', 'S') AND c.relpersistence <> 't' AND (c.relkind <> 'm' OR c.relispopulated)
