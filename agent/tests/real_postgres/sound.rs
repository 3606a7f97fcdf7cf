//! Sound copies come up, are called sound, and are served as promised.

use crate::{source::Source, support::Volume};
use contract::pods::{CheckName, CheckResult, FailureReason};
use std::fs;

#[test]
fn a_copy_of_a_running_server_is_recovered_checked_and_called_sound() {
    let source = Source::new();
    source.run(
        "app",
        "BEGIN; INSERT INTO accounts SELECT n, 'lost', 0 FROM generate_series(20001, 20009) n; ROLLBACK",
    );
    let volume = Volume::with(&source.capture());
    let prepared = volume.prepare();
    let report = prepared.sound();
    assert_eq!(report.databases, ["app", "postgres"]);
    assert_eq!(report.primary_database.as_deref(), Some("app"));
    assert_eq!(report.fixes, []);
    let version = report.postgres_version.clone().unwrap();
    assert!(version.starts_with(fs::read_to_string(volume.data_dir().join("PG_VERSION")).unwrap().trim()));
    assert!(!prepared.log.contains("canary"), "a password is in the log");
}

#[test]
fn what_is_not_checked_is_never_called_passed() {
    let prepared = Volume::with(&Source::new().capture()).prepare();
    for name in [CheckName::Checksums, CheckName::Probes] {
        let check = prepared.check(name);
        assert_eq!(check.result, CheckResult::Unavailable, "{name:?}");
        assert!(check.detail.is_some());
    }
}

#[test]
fn a_restarted_pod_leaves_the_same_report_and_touches_nothing() {
    let volume = Volume::with(&Source::new().capture());
    let first = volume.prepare();
    fs::remove_file(volume.data_dir().join("pg_hba.conf")).unwrap();
    let second = volume.prepare();
    assert_eq!(second.sound(), first.sound());
    assert!(!volume.data_dir().join("pg_hba.conf").exists());
}

#[test]
fn guests_read_everything_and_write_nothing() {
    let source = Source::new();
    source.run("app", "CREATE SCHEMA secret; CREATE TABLE secret.t AS SELECT 7 AS n; REVOKE ALL ON SCHEMA public FROM public");
    source.run("postgres", "REVOKE CONNECT ON DATABASE app FROM public");
    let volume = Volume::with(&source.capture());
    volume.prepare_with(&[("PGRO_INTENT", "analytics")]).sound();
    let server = volume.serve();
    let guest = |statements| server.ask_as("pgro_analytics", "canary-analytics", "app", statements);
    assert_eq!(guest("SELECT count(*) FROM public.accounts").unwrap().as_deref(), Some("20000"));
    assert_eq!(guest("SELECT n FROM secret.t").unwrap().as_deref(), Some("7"));
    assert!(guest("CREATE TABLE public.t ()").is_err());
    assert!(
        guest("BEGIN READ WRITE; DELETE FROM public.accounts").unwrap_err().contains("permission denied")
    );
    assert!(guest("SELECT pg_read_file('PG_VERSION')").is_err());
    assert!(server.ask_as("pgro_analytics", "wrong", "app", "SELECT 1").unwrap_err().contains("password"));
}

/// What a guest may try, each in a session of its own.
const TRICKS: [&str; 21] = [
    "BEGIN READ WRITE; DELETE FROM public.accounts",
    "SET default_transaction_read_only = off; INSERT INTO open_to_all VALUES (1)",
    "SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE; UPDATE open_to_all SET n = 2",
    "BEGIN READ WRITE; UPDATE columns_open SET n = 2",
    "BEGIN READ WRITE; SELECT nextval('open_sequence')",
    "BEGIN READ WRITE; SELECT with_all_rights()",
    "BEGIN READ WRITE; DO $$ BEGIN PERFORM with_all_rights(); END $$",
    "BEGIN READ WRITE; CREATE TEMP TABLE t ()",
    "BEGIN READ WRITE; CREATE TABLE open_schema.t ()",
    "BEGIN READ WRITE; CREATE SCHEMA mine",
    "BEGIN READ WRITE; SELECT lo_from_bytea(0, 'x')",
    "BEGIN READ WRITE; SELECT lo_create(0)",
    "SELECT lo_import('/etc/passwd')",
    "SET ROLE pgro_superuser",
    "COPY (SELECT 1) TO PROGRAM 'true'",
    "SELECT pg_read_file('PG_VERSION')",
    "SELECT pg_read_binary_file('PG_VERSION')",
    "SELECT peek('PG_VERSION')",
    "SELECT do_anything()",
    "SELECT * FROM file_of_server",
    "SELECT * FROM view_of_file",
];

#[test]
fn no_trick_lets_a_guest_write_read_files_or_run_programs() {
    let source = Source::new();
    source.run(
        "app",
        "CREATE TABLE open_to_all (n int); GRANT ALL ON open_to_all TO PUBLIC;
         CREATE TABLE columns_open (n int); GRANT UPDATE (n), SELECT ON columns_open TO PUBLIC;
         CREATE SEQUENCE open_sequence; GRANT ALL ON SEQUENCE open_sequence TO PUBLIC;
         CREATE SCHEMA open_schema; GRANT ALL ON SCHEMA open_schema TO PUBLIC;
         CREATE FUNCTION with_all_rights() RETURNS void LANGUAGE sql SECURITY DEFINER
             AS $$ INSERT INTO public.open_to_all VALUES (7) $$;
         GRANT EXECUTE ON FUNCTION pg_read_binary_file(text) TO PUBLIC;
         CREATE FUNCTION peek(text) RETURNS text LANGUAGE internal STRICT AS 'pg_read_file_all';
         CREATE FUNCTION run() RETURNS language_handler LANGUAGE c AS '$libdir/plpgsql', 'plpgsql_call_handler';
         CREATE LANGUAGE of_no_trust HANDLER run;
         CREATE FUNCTION do_anything() RETURNS int LANGUAGE of_no_trust AS $$ BEGIN RETURN 1; END $$;
         CREATE EXTENSION file_fdw; CREATE SERVER files FOREIGN DATA WRAPPER file_fdw;
         CREATE FOREIGN TABLE file_of_server (line text) SERVER files OPTIONS (filename '/etc/passwd');
         CREATE VIEW view_of_file AS SELECT * FROM file_of_server",
    );
    let captured = source.capture();
    for intent in ["verify", "analytics"] {
        let volume = Volume::with(&captured);
        volume.prepare_with(&[("PGRO_INTENT", intent)]).sound();
        let server = volume.serve();
        let guest = |statements| server.ask_as("pgro_analytics", "canary-analytics", "app", statements);
        for trick in TRICKS {
            let refused = guest(trick).unwrap_err();
            assert!(
                ["denied", "must be", "read-only", "row-level", "has no handler"]
                    .iter()
                    .any(|why| refused.contains(why)),
                "{intent}: {trick}: {refused}"
            );
        }
        assert_eq!(guest("SELECT count(*) FROM open_to_all").unwrap().as_deref(), Some("0"), "{intent}");
        let objects = "SELECT count(*) FROM pg_largeobject_metadata";
        assert_eq!(guest(objects).unwrap().as_deref(), Some("0"), "{intent}");
    }
}

#[test]
fn a_copy_that_stands_in_for_the_source_keeps_the_rights_it_came_with() {
    let source = Source::new();
    source.run(
        "app",
        "CREATE ROLE clerk LOGIN PASSWORD 'clerk'; CREATE TABLE open_to_all (n int); GRANT ALL ON open_to_all TO PUBLIC",
    );
    let volume = Volume::with(&source.capture());
    volume.prepare_with(&[("PGRO_INTENT", "disaster-recovery")]).sound();
    let server = volume.serve();
    let write = "INSERT INTO open_to_all VALUES (1); CREATE TEMP TABLE t (); SELECT lo_create(0)";
    server.ask_as("clerk", "clerk", "app", write).unwrap();
}

#[test]
fn a_read_only_copy_is_read_only_for_the_superuser_and_closed_to_roles_of_the_source() {
    let source = Source::new();
    source.run("app", "CREATE ROLE clerk LOGIN PASSWORD 'clerk'; GRANT SELECT ON accounts TO clerk");
    let volume = Volume::with(&source.capture());
    volume.prepare().sound();
    let server = volume.serve();
    let refused = server.ask_as("pgro_superuser", "canary-super", "app", "DELETE FROM accounts").unwrap_err();
    assert!(refused.contains("read-only transaction"), "{refused}");
    let refused = server.ask_as("clerk", "clerk", "app", "SELECT 1").unwrap_err();
    assert!(refused.contains("pg_hba.conf rejects"), "{refused}");
}

#[test]
fn a_copy_that_stands_in_for_the_source_is_writable_and_its_roles_log_in() {
    let source = Source::new();
    source.run("app", "CREATE ROLE clerk LOGIN PASSWORD 'clerk'; GRANT ALL ON accounts TO clerk");
    let volume = Volume::with(&source.capture());
    volume.prepare_with(&[("PGRO_INTENT", "disaster-recovery")]).sound();
    let server = volume.serve();
    server.ask_as("clerk", "clerk", "app", "DELETE FROM accounts WHERE id = 1").unwrap();
    assert!(server.ask_as("clerk", "wrong", "app", "SELECT 1").is_err());
}

#[test]
fn the_database_says_what_it_is_a_copy_of() {
    let volume = Volume::with(&Source::new().capture());
    volume.prepare().sound();
    let server = volume.serve();
    let note = "SELECT snapshot_id || ' ' || (snapshot_at = '2026-01-02T03:04:05Z') || ' ' || run || ' ' || fixes::text
                FROM _pgro.restore_info";
    for database in ["app", "postgres"] {
        let said = server.ask_as("pgro_analytics", "canary-analytics", database, note).unwrap();
        assert_eq!(
            said.as_deref(),
            Some("0123456789abcdef0123456789abcdef true 0123456789 {}"),
            "{database}"
        );
    }
}

#[test]
fn the_probe_says_ready_only_while_the_server_answers() {
    let volume = Volume::with(&Source::new().capture());
    volume.prepare().sound();
    assert_eq!(volume.is_ready(), (true, false));
}

#[test]
fn nothing_of_the_checks_is_left_in_the_database() {
    let volume = Volume::with(&Source::new().capture());
    volume.prepare().sound();
    let extensions = "SELECT count(*) FROM pg_extension WHERE extname = 'amcheck'";
    let server = volume.serve();
    assert_eq!(
        server.ask_as("pgro_superuser", "canary-super", "app", extensions).unwrap().as_deref(),
        Some("0")
    );
}

#[test]
fn a_spent_budget_is_skipped_with_the_share_covered_and_is_not_served() {
    let asked = r#"[{"name":"a","sql":"SELECT true"}]"#;
    let settings = [("PGRO_CHECK_BUDGET_SECS", "0"), ("PGRO_PROBES", asked)];
    let prepared = Volume::with(&Source::new().capture()).prepare_with(&settings);
    assert_eq!(prepared.check(CheckName::Probes).result, CheckResult::Skipped);
    let check = prepared.check(CheckName::Amcheck);
    assert_eq!(check.result, CheckResult::Skipped);
    assert!(check.detail.as_ref().unwrap().contains("0 %"), "{check:?}");
    assert_eq!(prepared.status.code(), Some(1));
    assert_eq!(prepared.report.failure.unwrap().reason, FailureReason::CheckFailed);
}

#[test]
fn rows_are_counted_and_held_against_those_of_the_last_good_run() {
    let source = Source::new();
    source.run("app", "CREATE TABLE emptied AS SELECT 1 AS n; DELETE FROM emptied; CREATE SEQUENCE s");
    source.run("postgres", "CREATE DATABASE once");
    source.run("once", "CREATE TABLE t AS SELECT n FROM generate_series(1, 40) n; DELETE FROM t");
    let captured = source.capture();
    let volume = Volume::with(&captured);
    let before = r#"{"app":50000,"once":null,"postgres":0}"#;
    let prepared = volume.prepare_with(&[("PGRO_ROWS_BEFORE", before), ("PGRO_CHECK_BUDGET_SECS", "3000")]);
    assert_eq!(prepared.sound().row_counts().to_string(), r#"{"app":20000,"once":0,"postgres":0}"#);
    let told = prepared.check(CheckName::Databases).detail.as_deref();
    assert_eq!(told, Some("app: has 20000 rows, and had 50000 in the last good run"));
    let before = r#"{"app":20000,"gone":7,"once":40}"#;
    let prepared = Volume::with(&captured).prepare_with(&[("PGRO_ROWS_BEFORE", before)]);
    let check = prepared.check(CheckName::Databases);
    assert_eq!(check.result, CheckResult::Failed);
    let expected = "gone: is gone, with its 7 rows of the last good run; once: has 0 rows, and had 40 in the last good run";
    assert_eq!(check.detail.as_deref(), Some(expected));
    assert_eq!(prepared.report.failure.unwrap().reason, FailureReason::CheckFailed);
}
