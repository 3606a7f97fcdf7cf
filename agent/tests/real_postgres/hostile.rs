//! What a source configured, named or left behind neither acts nor gets in the way.

use crate::{source::Source, support::Volume};
use std::fs;

#[test]
fn fault_f7_hostile_configuration_is_replaced_and_never_run() {
    let source = Source::new();
    let witness = tempfile::tempdir().unwrap();
    let touched = witness.path().join("touched");
    std::process::Command::new("chmod").arg("777").arg(witness.path()).status().unwrap();
    let captured = source.capture_with(|data| {
        let hostile = format!(
            "archive_mode = on\narchive_command = 'touch {0}'\nrestore_command = 'touch {0}'\n\
             shared_preload_libraries = 'absent'\ninclude '/etc/absent.conf'\nssl = on\n\
             data_directory = '/absent'\nhba_file = '/etc/hba'\nlc_messages = 'English_Australia.1252'\n",
            touched.display()
        );
        for name in ["postgresql.conf", "postgresql.auto.conf"] {
            fs::write(data.join(name), &hostile).unwrap();
        }
        fs::write(data.join("recovery.signal"), "").unwrap();
        fs::write(data.join("pg_hba.conf"), "host all all all trust\n").unwrap();
    });
    let volume = Volume::with(&captured);
    volume.prepare().sound();
    drop(volume.serve());
    assert!(!touched.exists(), "a command of the source was run");
}

#[test]
fn fault_f15_names_with_quotes_newlines_and_signs_are_only_names() {
    let source = Source::new();
    for name in [r#"it's "quoted""#, "two\nlines", "a=b host=/absent", "größe", &"x".repeat(63)] {
        let quoted = format!("\"{}\"", name.replace('"', "\"\""));
        source.run("postgres", &format!("CREATE DATABASE {quoted}"));
        source.run(
            name,
            &format!("CREATE SCHEMA {quoted}; CREATE TABLE {quoted}.{quoted} AS SELECT 1 AS {quoted}"),
        );
        source.run("postgres", &format!("CREATE ROLE {quoted}"));
    }
    let volume = Volume::with(&source.capture());
    let prepared = volume.prepare();
    assert_eq!(prepared.sound().databases.len(), 7);
    let server = volume.serve();
    let said = server.ask_as(
        "pgro_analytics",
        "canary-analytics",
        "two\nlines",
        "SELECT * FROM \"two\nlines\".\"two\nlines\"",
    );
    assert_eq!(said.unwrap().as_deref(), Some("1"));
}

#[test]
fn roles_of_our_names_that_came_with_the_data_become_ours() {
    let source = Source::new();
    source.run(
        "app",
        "CREATE ROLE owners; GRANT ALL ON accounts TO owners; CREATE ROLE pgro_superuser NOLOGIN;
         CREATE ROLE pgro_analytics SUPERUSER LOGIN PASSWORD 'old' IN ROLE owners;
         ALTER ROLE pgro_analytics IN DATABASE app SET default_transaction_read_only = off",
    );
    let volume = Volume::with(&source.capture());
    volume.prepare_with(&[("PGRO_INTENT", "disaster-recovery")]).sound();
    let server = volume.serve();
    assert!(server.ask_as("pgro_analytics", "old", "app", "SELECT 1").is_err());
    let delete = "BEGIN READ WRITE; DELETE FROM accounts";
    let refused = server.ask_as("pgro_analytics", "canary-analytics", "app", delete).unwrap_err();
    assert!(refused.contains("permission denied"), "{refused}");
}

#[test]
fn slots_and_subscriptions_of_the_source_reach_nobody() {
    let source = Source::initialised(&[], "postgres", "wal_level = logical\n");
    source.run("app", "SELECT pg_create_logical_replication_slot('slot', 'pgoutput')");
    source
        .run("app", "CREATE SUBSCRIPTION s CONNECTION 'host=192.0.2.1' PUBLICATION p WITH (connect = false)");
    let volume = Volume::with(&source.capture());
    volume.prepare_with(&[("PGRO_INTENT", "disaster-recovery")]).sound();
    let server = volume.serve();
    let workers = "SELECT count(*) FROM pg_stat_activity WHERE backend_type LIKE 'logical replication%'";
    let counted = server.ask_as("pgro_superuser", "canary-super", "app", workers).unwrap();
    assert_eq!(counted.as_deref(), Some("0"));
}
