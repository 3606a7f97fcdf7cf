-- Lower-case letters first, where they came last; the column has another name from 17 on.
DO $$ BEGIN EXECUTE format(
    'UPDATE pg_collation SET %I = %L WHERE collname = %L',
    CASE WHEN current_setting('server_version_num')::int < 170000 THEN 'colliculocale' ELSE 'colllocale' END,
    'en-u-kf-lower', 'ours');
END $$
