INSERT INTO _pgro.restore_info
VALUES ($1::text, $2::text::timestamptz, pg_catalog.now(),
        pg_catalog.split_part(pg_catalog.current_setting('server_version'), ' ', 1), $3::text[], $4::text)
