-- What a database of encoding SQL_ASCII holds is in no encoding and is passed on as it is.
SELECT pg_catalog.current_setting('server_encoding') <> 'SQL_ASCII'
