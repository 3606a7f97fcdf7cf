-- $1 role: statements that let it into every database that takes sessions, and keep its sessions from writing.
SELECT pg_catalog.format('GRANT CONNECT ON DATABASE %I TO %I', datname, $1::text)
FROM pg_catalog.pg_database WHERE datallowconn
UNION ALL
SELECT pg_catalog.format('ALTER ROLE %I SET default_transaction_read_only = on', $1::text)
