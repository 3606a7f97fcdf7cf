-- $1 role.
SELECT pg_catalog.format('ALTER ROLE %I NOLOGIN', $1::text)
