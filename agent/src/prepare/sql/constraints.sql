-- Name of a promise, and a statement that returns a row where the first hundred thousand rows of its table break it. Only
-- such as mean the same here as on the source: types of PostgreSQL itself, compared as their columns compare.
WITH tables AS (
    SELECT c.oid, n.nspname, c.relname
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind = 'r' AND c.relpersistence = 'p' AND n.nspname NOT IN ('pg_catalog', 'information_schema')
), locked AS (
    SELECT relation FROM pg_catalog.pg_locks
    WHERE pid IS NULL AND mode = 'AccessExclusiveLock'
      AND database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())
), columns AS (
    SELECT a.attrelid, a.attnum, a.attname, a.attcollation, a.atttypid, a.attnotnull,
           pg_catalog.format('%I', a.attname) AS quoted
    FROM pg_catalog.pg_attribute a WHERE a.attnum > 0 AND NOT a.attisdropped AND a.atttypid < 16384
      AND a.attgenerated <> 'v'
), keys AS (
    SELECT pg_catalog.concat(t.nspname, '.', x.relname) AS name, t.nspname, t.relname,
           pg_catalog.string_agg(k.quoted, ', ' ORDER BY u.n) AS quoted,
           pg_catalog.string_agg(k.quoted || ' IS NOT NULL', ' AND ' ORDER BY u.n) AS present
    FROM pg_catalog.pg_index i
    JOIN tables t ON t.oid = i.indrelid
    JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid
    CROSS JOIN ROWS FROM (pg_catalog.unnest(i.indkey::int2[]), pg_catalog.unnest(i.indclass::oid[]),
                          pg_catalog.unnest(i.indcollation::oid[])) WITH ORDINALITY AS u (attnum, class, coll, n)
    LEFT JOIN columns k ON k.attrelid = t.oid AND k.attnum = u.attnum
    LEFT JOIN pg_catalog.pg_opclass o ON o.oid = u.class AND o.opcdefault AND o.oid < 16384
                                     AND u.coll = k.attcollation
    WHERE i.indisunique AND i.indisvalid AND i.indisready AND i.indpred IS NULL AND i.indexprs IS NULL
      AND u.n <= i.indnkeyatts AND i.indrelid NOT IN (SELECT relation FROM locked)
    GROUP BY t.nspname, t.relname, x.relname
    HAVING pg_catalog.count(*) = pg_catalog.count(o.oid)
), needed AS (
    SELECT pg_catalog.concat(t.nspname, '.', t.relname, ' not null') AS name, t.nspname, t.relname,
           pg_catalog.string_agg(k.quoted, ', ' ORDER BY k.attnum) AS quoted,
           pg_catalog.string_agg(k.quoted || ' IS NULL', ' OR ' ORDER BY k.attnum) AS missing
    FROM tables t JOIN columns k ON k.attrelid = t.oid
    WHERE k.attnotnull AND t.oid NOT IN (SELECT relation FROM locked)
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint c
                      WHERE c.conrelid = t.oid AND c.contype = 'n' AND NOT c.convalidated)
    GROUP BY t.nspname, t.relname
), conditions AS (
    SELECT pg_catalog.concat(t.nspname, '.', t.relname, ' ', c.conname) AS name, t.nspname, t.relname,
           pg_catalog.pg_get_expr(c.conbin, c.conrelid) AS condition
    FROM pg_catalog.pg_constraint c JOIN tables t ON t.oid = c.conrelid
    WHERE c.contype = 'c' AND c.convalidated AND t.oid NOT IN (SELECT relation FROM locked)
      AND NOT EXISTS (SELECT FROM pg_catalog.unnest(c.conkey) AS k (attnum)
                      JOIN pg_catalog.pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.attnum
                      WHERE a.atttypid NOT IN (16, 20, 21, 23, 700, 701, 1700) OR a.attgenerated = 'v')
), foreigners AS (
    SELECT pg_catalog.concat(t.nspname, '.', t.relname, ' ', c.conname) AS name, t.nspname, t.relname,
           pn.nspname AS parent_schema, p.relname AS parent,
           pg_catalog.string_agg(k.quoted, ', ' ORDER BY u.n) AS quoted,
           pg_catalog.string_agg(k.quoted || ' IS NOT NULL', ' AND ' ORDER BY u.n) AS present,
           pg_catalog.string_agg(pg_catalog.format('p.%I = s.%I', r.attname, k.attname), ' AND ' ORDER BY u.n) AS same
    FROM pg_catalog.pg_constraint c
    JOIN tables t ON t.oid = c.conrelid
    JOIN pg_catalog.pg_class p ON p.oid = c.confrelid
    JOIN pg_catalog.pg_namespace pn ON pn.oid = p.relnamespace
    CROSS JOIN ROWS FROM (pg_catalog.unnest(c.conkey), pg_catalog.unnest(c.confkey),
                          pg_catalog.unnest(c.conpfeqop)) WITH ORDINALITY AS u (attnum, parent, operator, n)
    LEFT JOIN columns k ON k.attrelid = t.oid AND k.attnum = u.attnum
    LEFT JOIN columns r ON r.attrelid = p.oid AND r.attnum = u.parent AND u.operator < 16384
                       AND r.attcollation = k.attcollation
    WHERE c.contype = 'f' AND c.convalidated AND t.oid NOT IN (SELECT relation FROM locked)
      AND p.oid NOT IN (SELECT relation FROM locked)
      AND NOT COALESCE((pg_catalog.to_jsonb(c) ->> 'conperiod')::bool, false)
    GROUP BY t.nspname, t.relname, c.conname, pn.nspname, p.relname
    HAVING pg_catalog.count(*) = pg_catalog.count(r.attnum)
), partitions AS (
    SELECT pg_catalog.concat(t.nspname, '.', t.relname, ' partition') AS name, t.nspname, t.relname,
           pg_catalog.pg_get_partition_constraintdef(t.oid) AS condition
    FROM tables t JOIN pg_catalog.pg_class c ON c.oid = t.oid
    WHERE c.relispartition AND t.oid NOT IN (SELECT relation FROM locked)
      -- lists of any value, and ranges of what is in the same order everywhere
      AND NOT EXISTS (
          SELECT FROM pg_catalog.pg_partition_ancestors(t.oid) AS a (relid)
          JOIN pg_catalog.pg_partitioned_table p ON p.partrelid = a.relid
          WHERE p.partstrat NOT IN ('l', 'r') OR p.partexprs IS NOT NULL
             OR EXISTS (SELECT FROM pg_catalog.unnest(p.partclass::oid[]) AS o (oid) WHERE o.oid >= 16384)
             OR EXISTS (SELECT FROM pg_catalog.unnest(p.partattrs::int2[]) AS k (attnum)
                        JOIN pg_catalog.pg_attribute a ON a.attrelid = p.partrelid AND a.attnum = k.attnum
                        WHERE a.atttypid >= 16384 OR p.partstrat = 'r'
                          AND a.atttypid NOT IN (20, 21, 23, 700, 701, 1082, 1114, 1184, 1700, 2950)))
), exclusions AS (
    SELECT pg_catalog.concat(t.nspname, '.', t.relname, ' ', c.conname) AS name, t.nspname, t.relname,
           pg_catalog.string_agg(DISTINCT k.quoted, ', ') AS quoted,
           pg_catalog.string_agg(k.quoted || ' IS NOT NULL', ' AND ' ORDER BY u.n) AS present,
           pg_catalog.string_agg(pg_catalog.format('a.%1$s OPERATOR(pg_catalog.%2$s) b.%1$s', k.quoted, o.oprname),
                                 ' AND ' ORDER BY u.n) AS excluded
    FROM pg_catalog.pg_constraint c
    JOIN tables t ON t.oid = c.conrelid
    JOIN pg_catalog.pg_index i ON i.indexrelid = c.conindid
    CROSS JOIN ROWS FROM (pg_catalog.unnest(c.conkey), pg_catalog.unnest(c.conexclop)) WITH ORDINALITY
        AS u (attnum, operator, n)
    LEFT JOIN columns k ON k.attrelid = t.oid AND k.attnum = u.attnum
    LEFT JOIN pg_catalog.pg_operator o ON o.oid = u.operator AND o.oid < 16384
    WHERE c.contype = 'x' AND i.indpred IS NULL AND i.indisvalid AND t.oid NOT IN (SELECT relation FROM locked)
    GROUP BY t.nspname, t.relname, c.conname
    HAVING pg_catalog.count(*) = pg_catalog.count(k.attnum) AND pg_catalog.count(*) = pg_catalog.count(o.oid)
)
SELECT name, pg_catalog.format('SELECT 1 FROM (SELECT %1$s FROM ONLY %2$I.%3$I WHERE %4$s LIMIT 100000) AS s GROUP BY %1$s HAVING pg_catalog.count(*) > 1 LIMIT 1',
    quoted, nspname, relname, present) FROM keys
UNION ALL
SELECT name, pg_catalog.format('SELECT 1 FROM (SELECT %s FROM ONLY %I.%I LIMIT 100000) AS s WHERE %s LIMIT 1',
    quoted, nspname, relname, missing) FROM needed
UNION ALL
SELECT name, pg_catalog.format('SELECT 1 FROM (SELECT * FROM ONLY %I.%I LIMIT 100000) AS s WHERE NOT (%s) LIMIT 1',
    nspname, relname, condition) FROM partitions WHERE condition IS NOT NULL
UNION ALL
-- each with each: fewer
SELECT name, pg_catalog.format('WITH s AS MATERIALIZED (SELECT ctid AS _pgro_at, %1$s FROM ONLY %2$I.%3$I WHERE %4$s LIMIT 1000) SELECT 1 FROM s AS a JOIN s AS b ON a._pgro_at < b._pgro_at WHERE %5$s LIMIT 1',
    quoted, nspname, relname, present, excluded) FROM exclusions
UNION ALL
-- no calls, no words that stand for the time or the session
SELECT name, pg_catalog.format('SELECT 1 FROM (SELECT * FROM ONLY %I.%I LIMIT 100000) AS s WHERE NOT (%s) LIMIT 1',
    nspname, relname, condition) FROM conditions
WHERE condition !~ '[[:alnum:]_"]\(' AND condition !~* 'current_|session_|localtime|user'
UNION ALL
SELECT name, pg_catalog.format('SELECT 1 FROM (SELECT %s FROM ONLY %I.%I WHERE %s LIMIT 100000) AS s WHERE NOT EXISTS (SELECT FROM %I.%I AS p WHERE %s) LIMIT 1',
    quoted, nspname, relname, present, parent_schema, parent, same) FROM foreigners
