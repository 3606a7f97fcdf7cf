-- $1 role, $2 attributes (ours, a constant), $3 SCRAM verifier.
-- A role of this name that came with the data gets exactly these attributes and loses its own settings.
SELECT pg_catalog.format(
    '%s ROLE %I %s LOGIN INHERIT NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD %L VALID UNTIL %L',
    CASE WHEN EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = $1::text) THEN 'ALTER' ELSE 'CREATE' END,
    $1::text, $2::text, $3::text, 'infinity')
UNION ALL
SELECT pg_catalog.format('ALTER ROLE %I RESET ALL', $1::text)
UNION ALL
SELECT pg_catalog.format('ALTER ROLE %I IN DATABASE %I RESET ALL', $1::text, d.datname)
FROM pg_catalog.pg_db_role_setting s
JOIN pg_catalog.pg_roles r ON r.oid = s.setrole
JOIN pg_catalog.pg_database d ON d.oid = s.setdatabase
WHERE r.rolname = $1::text
