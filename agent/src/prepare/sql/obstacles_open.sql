UPDATE pg_catalog.pg_database SET datallowconn = true WHERE datname = ANY ($1::text[])
