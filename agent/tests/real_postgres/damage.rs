//! Damaged copies are called damaged, and why.

use crate::{source::Source, support::Volume};
use contract::pods::{CheckName, CheckResult, FailureReason};
use std::{
    fs::{self, File, OpenOptions},
    io::{Read, Seek, SeekFrom, Write},
    path::Path,
};

const PAGE: u64 = 8192;

/// Overwrites `length` bytes at `offset` with their complement.
fn flip(path: &Path, offset: u64, length: usize) {
    let mut file = OpenOptions::new().read(true).write(true).open(path).unwrap();
    let mut bytes = vec![0; length];
    file.seek(SeekFrom::Start(offset)).unwrap();
    file.read_exact(&mut bytes).unwrap();
    for byte in &mut bytes {
        *byte = !*byte;
    }
    file.seek(SeekFrom::Start(offset)).unwrap();
    file.write_all(&bytes).unwrap();
}

fn truncate(path: &Path, length: u64) {
    File::options().write(true).open(path).unwrap().set_len(length).unwrap();
}

#[test]
fn fault_f10_flipped_bytes_in_a_page_of_an_index_are_found_and_named() {
    let source = Source::new();
    let file = source.file_of("app", "accounts_owner");
    let captured = source.capture_with(|data| flip(&data.join(file), 3 * PAGE + 4000, 2000));
    let found = Volume::with(&captured).prepare().refused_by(CheckName::Amcheck);
    assert!(found.contains("app.public.accounts"), "{found}");
}

#[test]
fn fault_f10_flipped_bytes_in_tuple_headers_of_a_heap_are_found_with_their_block() {
    let source = Source::new();
    source.run("app", "VACUUM ANALYZE accounts");
    let file = source.file_of("app", "accounts");
    let captured = source.capture_with(|data| flip(&data.join(file), 5 * PAGE + PAGE - 300, 300));
    let found = Volume::with(&captured).prepare().refused_by(CheckName::Amcheck);
    assert!(found.contains("app.public.accounts block 5: "), "{found}");
}

#[test]
fn fault_f10_a_flipped_byte_under_a_checksum_is_found_even_where_structure_is_sound() {
    let source = Source::initialised(&["--data-checksums"], "postgres", "");
    source.run("app", "CREATE TABLE notes AS SELECT repeat('a', 3000) AS note");
    source.run("app", "VACUUM ANALYZE notes");
    let file = source.file_of("app", "notes");
    let captured = source.capture_with(|data| flip(&data.join(&file), PAGE - 8, 1));
    let prepared = Volume::with(&captured).prepare();
    prepared.refused_by(CheckName::Amcheck);
    let found = prepared.refused_by(CheckName::Checksums);
    assert!(found.contains(&format!("{}\", block 0", file.display())), "{found}");
}

#[test]
fn fault_f10_flipped_bytes_of_a_text_that_no_structure_shows_are_found_with_their_block() {
    let source = Source::new();
    source.run("app", "CREATE TABLE notes AS SELECT repeat(md5(n::text), 10) FROM generate_series(1, 200) n");
    let file = source.file_of("app", "notes");
    let captured = source.capture_with(|data| flip(&data.join(file), 2 * PAGE - 20, 10));
    let found = Volume::with(&captured).prepare().refused_by(CheckName::FullRead);
    assert!(found.contains("app.public.notes block 1: row 1 has text that is not valid"), "{found}");
}

#[test]
fn fault_f16_a_table_whose_end_is_cut_off_is_found() {
    let source = Source::new();
    source.run("app", "CREATE TABLE plain AS SELECT * FROM accounts");
    source.run("app", "VACUUM ANALYZE plain");
    let file = source.file_of("app", "plain");
    let captured = source.capture_with(|data| truncate(&data.join(file), 10 * PAGE));
    let found = Volume::with(&captured).prepare().refused_by(CheckName::Amcheck);
    assert!(found.contains("app.public.plain: the file is 81920 bytes long"), "{found}");
}

#[test]
fn fault_f16_a_missing_file_is_found() {
    let source = Source::new();
    let file = source.file_of("app", "accounts_owner");
    let captured = source.capture_with(|data| fs::remove_file(data.join(file)).unwrap());
    let found = Volume::with(&captured).prepare().refused_by(CheckName::Amcheck);
    assert!(found.contains("accounts_owner"), "{found}");
}

#[test]
fn fault_f16_an_index_of_zeroes_is_found() {
    let source = Source::new();
    let file = source.file_of("app", "accounts_pkey");
    let captured = source.capture_with(|data| {
        let path = data.join(file);
        let length = fs::metadata(&path).unwrap().len();
        truncate(&path, 0);
        truncate(&path, length);
    });
    let found = Volume::with(&captured).prepare().refused_by(CheckName::Amcheck);
    assert!(found.contains("accounts_pkey"), "{found}");
}

#[test]
fn an_index_that_lacks_a_row_is_found() {
    let source = Source::new();
    let file = source.file_of("app", "accounts_owner");
    // a sound index of an earlier time: its structure is in order, its content behind the table's
    let old = fs::read(source.capture().path().join(&file)).unwrap();
    source.run("app", "INSERT INTO accounts SELECT n, md5(n::text), n FROM generate_series(20001, 30000) n");
    source.file_of("app", "accounts_owner");
    let captured = source.capture_with(|data| fs::write(data.join(&file), old).unwrap());
    let found = Volume::with(&captured).prepare().refused_by(CheckName::Amcheck);
    assert!(found.contains("app.public.accounts_owner"), "{found}");
}

#[test]
fn fault_f9_missing_write_ahead_log_is_a_failed_recovery_with_the_servers_words() {
    let source = Source::new();
    let captured = source.capture_with(|data| {
        for entry in
            fs::read_dir(data.join("pg_wal")).unwrap().flatten().filter(|entry| entry.path().is_file())
        {
            fs::remove_file(entry.path()).unwrap();
        }
    });
    let prepared = Volume::with(&captured).prepare();
    let failure = prepared.report.failure.unwrap();
    assert_eq!(failure.reason, FailureReason::Recovery);
    assert!(failure.message.contains("checkpoint record"), "{failure}");
    assert_eq!(prepared.status.code(), Some(1));
}

#[test]
fn fault_f10_a_torn_control_file_is_a_failed_recovery() {
    let captured = Source::new().capture_with(|data| flip(&data.join("global/pg_control"), 100, 8));
    let prepared = Volume::with(&captured).prepare();
    let failure = prepared.report.failure.unwrap();
    assert_eq!(failure.reason, FailureReason::Recovery);
    assert!(failure.message.contains("checksum is wrong"), "{failure}");
}

#[test]
fn fault_f16_a_cluster_without_a_row_of_a_user_is_refused() {
    let source = Source::new();
    source.run("postgres", "DROP DATABASE app");
    let found = Volume::with(&source.capture()).prepare().refused_by(CheckName::Databases);
    assert!(found.contains("no database has a user table"), "{found}");
}

#[test]
fn a_spent_budget_is_skipped_with_the_share_covered_and_is_not_served() {
    let prepared = Volume::with(&Source::new().capture()).prepare_with(&[("PGRO_CHECK_BUDGET_SECS", "0")]);
    let check = prepared.check(CheckName::Amcheck);
    assert_eq!(check.result, CheckResult::Skipped);
    assert!(check.detail.as_ref().unwrap().contains("0 %"), "{check:?}");
    assert_eq!(prepared.status.code(), Some(1));
    assert_eq!(prepared.report.failure.unwrap().reason, FailureReason::CheckFailed);
}
