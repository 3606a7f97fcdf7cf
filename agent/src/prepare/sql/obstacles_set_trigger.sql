UPDATE pg_catalog.pg_event_trigger SET evtenabled = $2::text::"char" WHERE oid = $1
