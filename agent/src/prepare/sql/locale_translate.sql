-- $1 database, $2 the encoding it has to have (any where NULL), $3 locale.
UPDATE pg_catalog.pg_database SET datcollate = $3::text, datctype = $3::text
WHERE datname = $1::text AND ($2::text IS NULL OR pg_catalog.pg_encoding_to_char(encoding) = $2::text)
