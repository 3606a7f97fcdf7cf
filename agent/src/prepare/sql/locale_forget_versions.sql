-- $1 databases whose order has no version: C and C.UTF-8 never change. An ICU database keeps its own order.
UPDATE pg_catalog.pg_database SET datcollversion = NULL
WHERE datname = ANY ($1::text[]) AND datlocprovider = 'c'
