-- A server does not convert what is in the encoding of the session, or in none.
SELECT pg_catalog.set_config('client_encoding', pg_catalog.current_setting('server_encoding'), false)
