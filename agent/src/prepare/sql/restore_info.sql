DROP SCHEMA IF EXISTS _pgro CASCADE;
CREATE SCHEMA _pgro;
CREATE TABLE _pgro.restore_info (
    snapshot_id text NOT NULL,
    snapshot_at timestamptz,
    restored_at timestamptz NOT NULL,
    server_version text NOT NULL,
    fixes text[] NOT NULL,
    run text NOT NULL
);
