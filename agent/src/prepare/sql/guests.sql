-- Statements that take from everybody what writes: each is a right that guests would have in a transaction they call
-- READ WRITE. What is not valid as an identifier is quoted by the server.
SELECT pg_catalog.format('REVOKE CREATE, TEMPORARY ON DATABASE %I FROM PUBLIC', pg_catalog.current_database())
UNION ALL
SELECT pg_catalog.format('REVOKE CREATE ON SCHEMA %I FROM PUBLIC', nspname)
FROM pg_catalog.pg_namespace n
WHERE EXISTS (SELECT FROM pg_catalog.aclexplode(n.nspacl) AS a WHERE a.grantee = 0 AND a.privilege_type = 'CREATE')
UNION ALL
-- rights on columns go with those on the table
SELECT CASE WHEN c.relkind = 'S' THEN pg_catalog.format('REVOKE UPDATE, USAGE ON SEQUENCE %I.%I FROM PUBLIC', n.nspname, c.relname)
            ELSE pg_catalog.format('REVOKE INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER ON %I.%I FROM PUBLIC',
                                   n.nspname, c.relname) END
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND n.nspname NOT IN ('pg_catalog', 'information_schema')
  AND (EXISTS (SELECT FROM pg_catalog.aclexplode(c.relacl) AS a WHERE a.grantee = 0 AND a.privilege_type <> 'SELECT')
       OR EXISTS (SELECT FROM pg_catalog.pg_attribute t CROSS JOIN pg_catalog.aclexplode(t.attacl) AS a
                  WHERE t.attrelid = c.oid AND a.grantee = 0 AND a.privilege_type <> 'SELECT'))
UNION ALL
-- those that run with their owner's rights
SELECT pg_catalog.format('REVOKE EXECUTE ON ROUTINE %s FROM PUBLIC', p.oid::pg_catalog.regprocedure)
FROM pg_catalog.pg_proc p WHERE p.prosecdef AND p.oid >= 16384
UNION ALL
-- anybody may make large objects
SELECT pg_catalog.format('REVOKE EXECUTE ON ROUTINE %s FROM PUBLIC', p.oid::pg_catalog.regprocedure)
FROM pg_catalog.pg_proc p
WHERE p.pronamespace = 'pg_catalog'::pg_catalog.regnamespace
  AND p.proname IN ('lo_creat', 'lo_create', 'lo_from_bytea', 'lo_import', 'lo_put', 'lo_truncate', 'lo_truncate64',
                    'lo_unlink', 'lowrite')
UNION ALL
-- functions that read the server's files, also under another name
SELECT pg_catalog.format('REVOKE EXECUTE ON ROUTINE %s FROM PUBLIC', p.oid::pg_catalog.regprocedure)
FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_language l ON l.oid = p.prolang
WHERE (p.proacl IS NULL OR EXISTS (SELECT FROM pg_catalog.aclexplode(p.proacl) AS a WHERE a.grantee = 0))
  AND (l.lanname IN ('internal', 'c')
       AND p.prosrc ~ '^(pg_read_(binary_)?file|pg_ls_|pg_stat_file|be_lo_(im|ex)port|pg_file_|pg_logdir_ls)'
       -- and those in languages in which anything can be done
       OR l.lanispl AND NOT l.lanpltrusted)
UNION ALL
-- what stands for files, programs and other hosts: who may read tables reads them with the server's own rights
SELECT pg_catalog.format('ALTER FOREIGN DATA WRAPPER %I NO HANDLER', fdwname)
FROM pg_catalog.pg_foreign_data_wrapper WHERE fdwhandler <> 0
