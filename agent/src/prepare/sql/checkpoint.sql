-- All that recovery changed is written; the larger the memory, the longer it takes.
SET statement_timeout = 0;
CHECKPOINT;
RESET statement_timeout
