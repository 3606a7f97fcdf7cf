-- $1: whether heaps can be checked.
-- Invalid indexes are not used by any query and may hold anything. What a transaction in doubt has locked cannot be
-- looked at until somebody decides it.
SELECT c.oid, pg_catalog.concat(n.nspname, '.', c.relname), a.amname = 'btree',
       -- Functions of PostgreSQL itself are pinned: no dependency on them is recorded.
       i.indexprs IS NULL AND i.indpred IS NULL OR NOT EXISTS (
           SELECT FROM pg_catalog.pg_depend d
           WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = c.oid
             AND d.refclassid IN ('pg_catalog.pg_proc'::pg_catalog.regclass,
                                  'pg_catalog.pg_operator'::pg_catalog.regclass,
                                  'pg_catalog.pg_type'::pg_catalog.regclass)),
       CASE WHEN l.locked THEN 0 ELSE pg_catalog.pg_relation_size(c.oid) END,
       l.locked
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_am a ON a.oid = c.relam
LEFT JOIN pg_catalog.pg_index i ON i.indexrelid = c.oid
CROSS JOIN LATERAL (
    SELECT EXISTS (SELECT FROM pg_catalog.pg_locks k
                   WHERE k.pid IS NULL AND k.mode = 'AccessExclusiveLock' AND k.relation IN (c.oid, i.indrelid)
                     AND k.database IN (0, (SELECT oid FROM pg_catalog.pg_database
                                            WHERE datname = pg_catalog.current_database())))) AS l (locked)
WHERE c.relpersistence <> 't'
  AND (a.amname = 'btree' AND c.relkind = 'i' AND i.indisvalid AND i.indisready
       OR $1::bool AND a.amname = 'heap' AND c.relkind IN ('r', 'm', 't'))
