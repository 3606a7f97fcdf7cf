UPDATE pg_catalog.pg_database SET datallowconn = false WHERE datname = ANY ($1::text[])
