-- Calls of amcheck's own C functions, wherever the extension was put; NULL where there is none.
WITH functions AS (
    SELECT p.prosrc, p.pronargs, n.nspname, p.proname
    FROM pg_catalog.pg_proc p
    JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
    JOIN pg_catalog.pg_language l ON l.oid = p.prolang
    WHERE l.lanname = 'c' AND p.probin IN ('$libdir/amcheck', 'amcheck')
)
SELECT (SELECT pg_catalog.format('SELECT %I.%I($1::pg_catalog.oid::pg_catalog.regclass, $2::pg_catalog.bool)', nspname, proname)
        FROM functions WHERE prosrc = 'bt_index_check' AND pronargs >= 2 ORDER BY pronargs, nspname LIMIT 1),
       (SELECT pg_catalog.format(
            'SELECT blkno, msg FROM %I.%I($1::pg_catalog.oid::pg_catalog.regclass, '
            'on_error_stop => true, check_toast => true)', nspname, proname)
        FROM functions WHERE prosrc = 'verify_heapam' ORDER BY nspname LIMIT 1),
       EXISTS (SELECT FROM functions WHERE nspname = '_pgro_amcheck')
