SET default_transaction_read_only = on; SET enable_indexscan = off; SET enable_indexonlyscan = off;
SET enable_bitmapscan = off; SET max_parallel_workers_per_gather = 0
