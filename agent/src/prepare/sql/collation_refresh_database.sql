SELECT pg_catalog.format('ALTER DATABASE %I REFRESH COLLATION VERSION', pg_catalog.current_database())
