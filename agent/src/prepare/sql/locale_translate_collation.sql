-- $1 order, $2 the encoding the database has to have (any where NULL), $3 locale.
UPDATE pg_catalog.pg_collation SET collcollate = $3::text, collctype = $3::text, collversion = NULL
WHERE oid = $1 AND ($2::text IS NULL OR $2::text = (
    SELECT pg_catalog.pg_encoding_to_char(encoding) FROM pg_catalog.pg_database
    WHERE datname = pg_catalog.current_database()))
