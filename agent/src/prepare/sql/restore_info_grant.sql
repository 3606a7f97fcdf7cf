-- $1 role.
SELECT pg_catalog.format('GRANT USAGE ON SCHEMA _pgro TO %1$I; GRANT SELECT ON _pgro.restore_info TO %1$I', $1::text)
