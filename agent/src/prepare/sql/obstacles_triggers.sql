-- Event triggers that fire where ordinary ones do not.
SELECT oid, evtenabled::text FROM pg_catalog.pg_event_trigger WHERE evtenabled IN ('R', 'A')
