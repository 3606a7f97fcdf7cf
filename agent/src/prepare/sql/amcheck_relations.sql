-- $1: whether heaps can be checked.
-- Invalid indexes are not used by any query and may hold anything. The length the catalog knows of is that of the last
-- vacuum or analyze; what was truncated since by a vacuum has its new length there. Unlogged tables are emptied by
-- recovery, and from 18 on statistics may come from another cluster: both say nothing of the file.
SELECT c.oid, pg_catalog.concat(n.nspname, '.', c.relname), a.amname = 'btree',
       pg_catalog.pg_relation_size(c.oid),
       CASE WHEN a.amname = 'heap' AND c.relpersistence = 'p'
                 AND pg_catalog.current_setting('server_version_num')::int < 180000
            THEN c.relpages::bigint * pg_catalog.current_setting('block_size')::bigint ELSE 0 END
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_am a ON a.oid = c.relam
LEFT JOIN pg_catalog.pg_index i ON i.indexrelid = c.oid
WHERE c.relpersistence <> 't'
  AND (a.amname = 'btree' AND c.relkind = 'i' AND i.indisvalid AND i.indisready
       OR $1::bool AND a.amname = 'heap' AND c.relkind IN ('r', 'm', 't'))
ORDER BY 4, c.oid
