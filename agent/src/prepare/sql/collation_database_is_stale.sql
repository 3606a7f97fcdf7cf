-- Where no version was recorded, or this image has none, none can differ.
SELECT COALESCE(datcollversion <> pg_catalog.pg_database_collation_actual_version(oid), false)
FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()
