use super::look;
use crate::prepare::{
    checks::{Budget, Outcome},
    controldata::{ControlData, tests::source},
};
use contract::pods::CheckResult;
use serde_json::json;
use std::{fs, path::Path, time::Duration};

/// CRC-32C of `123456789`.
const CHECKSUM: &str = "839206e3";

/// A backup of these files, each of which holds nine digits, with a label and a manifest of them.
fn backup(paths: &[&str]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let noted: Vec<_> = paths.iter().chain(&["backup_label"]).map(|path| {
        let file = dir.path().join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, "123456789").unwrap();
        json!({"Path": path, "Size": 9, "Last-Modified": "x", "Checksum-Algorithm": "CRC32C", "Checksum": CHECKSUM})
    }).collect();
    note(dir.path(), &json!({"PostgreSQL-Backup-Manifest-Version": 1, "Files": noted}));
    dir
}

fn note(dir: &Path, manifest: &serde_json::Value) {
    fs::write(dir.join("backup_manifest"), manifest.to_string()).unwrap();
}

async fn looked(dir: &Path) -> Option<Outcome> {
    look(dir, &source(), Budget::start(Duration::from_mins(1))).await
}

/// The same where recovery of the backup begins here, and the backup ended at 2/0.
async fn looked_from(dir: &Path, redo: u64) -> Option<Outcome> {
    let mut manifest: serde_json::Value =
        serde_json::from_slice(&fs::read(dir.join("backup_manifest")).unwrap()).unwrap();
    manifest["WAL-Ranges"] = json!([{"Timeline": 3, "Start-LSN": "1/60000028", "End-LSN": "2/0"}]);
    note(dir, &manifest);
    look(dir, &ControlData { redo, ..source() }, Budget::start(Duration::from_mins(1))).await
}

#[tokio::test]
async fn files_as_they_were_noted_pass_and_are_counted() {
    let dir = backup(&["base/5/1259", "global/pg_control", "postgresql.conf"]);
    assert_eq!(looked(dir.path()).await, Some(Outcome::passed("backup_manifest: 2 of 2 files")));
}

#[tokio::test]
async fn fault_f10_a_file_that_changed_was_cut_or_is_gone_is_named() {
    let dir = backup(&["base/5/1259", "base/5/1247", "pg_xact/0000", "global/pg_control"]);
    fs::write(dir.path().join("base/5/1259"), "123456780").unwrap();
    fs::write(dir.path().join("base/5/1247"), "12345678").unwrap();
    fs::remove_file(dir.path().join("pg_xact/0000")).unwrap();
    let outcome = looked(dir.path()).await.unwrap();
    assert_eq!(outcome.result, CheckResult::Failed);
    let detail = outcome.detail.unwrap();
    for told in ["base/5/1259 has the checksum", "base/5/1247 has 8 bytes; 9", "pg_xact/0000 is missing"] {
        assert!(detail.contains(told), "{told}: {detail}");
    }
    assert!(!detail.contains("pg_control"), "{detail}");
}

#[tokio::test]
async fn what_people_edit_and_what_they_add_is_no_damage() {
    let dir = backup(&["base/5/1259", "postgresql.conf", "pg_hba.conf"]);
    fs::write(dir.path().join("postgresql.conf"), "").unwrap();
    fs::remove_file(dir.path().join("pg_hba.conf")).unwrap();
    fs::write(dir.path().join("base/5/notes.txt"), "").unwrap();
    assert_eq!(looked(dir.path()).await.unwrap().result, CheckResult::Passed);
}

#[tokio::test]
async fn a_manifest_from_before_the_server_ran_says_nothing_of_its_files() {
    for label in [None, Some("another backup was begun since")] {
        let dir = backup(&["base/5/1259"]);
        fs::write(dir.path().join("base/5/1259"), "written since").unwrap();
        fs::remove_file(dir.path().join("backup_label")).unwrap();
        if let Some(text) = label {
            fs::write(dir.path().join("backup_label"), text).unwrap();
        }
        assert_eq!(looked(dir.path()).await, None, "{label:?}");
    }
}

#[tokio::test]
async fn fault_f8_a_label_that_is_gone_from_a_backup_no_server_was_started_on_is_told() {
    for (text, said) in
        [(None, "backup_label is missing"), (Some("begin elsewhere"), "backup_label is not as")]
    {
        let dir = backup(&["base/5/1259"]);
        fs::remove_file(dir.path().join("backup_label")).unwrap();
        if let Some(text) = text {
            fs::write(dir.path().join("backup_label"), text).unwrap();
        }
        let outcome = looked_from(dir.path(), 0x1_ffff_ffff).await.unwrap();
        assert_eq!(outcome.result, CheckResult::Failed);
        assert!(outcome.detail.unwrap().starts_with(said));
        assert_eq!(looked_from(dir.path(), 0x2_0000_0000).await, None, "a server ended its recovery");
        fs::write(dir.path().join("backup_label.old"), "").unwrap();
        assert_eq!(looked_from(dir.path(), 0x1_ffff_ffff).await, None, "a server read it");
    }
}

#[tokio::test]
async fn a_label_with_carriage_returns_is_as_it_was_noted() {
    let dir = backup(&["base/5/1259"]);
    fs::write(dir.path().join("backup_label"), "1234\r56789").unwrap();
    assert_eq!(looked(dir.path()).await.unwrap().result, CheckResult::Passed);
}

#[tokio::test]
async fn a_manifest_that_is_none_says_nothing() {
    let dir = backup(&["base/5/1259"]);
    fs::remove_file(dir.path().join("backup_manifest")).unwrap();
    assert_eq!(looked(dir.path()).await, None);
    fs::write(dir.path().join("backup_manifest"), "{\"Files\": [").unwrap();
    assert_eq!(looked(dir.path()).await, None);
}

#[tokio::test]
async fn a_path_that_leads_out_is_not_followed() {
    let dir = backup(&["base/5/1259"]);
    let checksum = json!({"Size": 1, "Checksum-Algorithm": "CRC32C", "Checksum": "00"});
    let paths = ["/etc/passwd", "base/../../etc/passwd", "base/5/1259", "backup_label"];
    let noted = paths.map(|path| {
        let mut noted = checksum.clone();
        noted["Path"] = path.into();
        if !path.contains("passwd") {
            (noted["Size"], noted["Checksum"]) = (9.into(), CHECKSUM.into());
        }
        noted
    });
    note(dir.path(), &json!({ "Files": noted }));
    assert_eq!(looked(dir.path()).await, Some(Outcome::passed("backup_manifest: 1 of 1 files")));
}

#[tokio::test]
async fn a_tablespace_that_was_not_restored_is_told_elsewhere() {
    let dir = backup(&["pg_tblspc/16400/PG_17/5/16401"]);
    fs::remove_dir_all(dir.path().join("pg_tblspc/16400")).unwrap();
    assert_eq!(looked(dir.path()).await.unwrap().result, CheckResult::Passed);
}

#[tokio::test]
async fn a_manifest_without_checksums_cannot_say_whose_it_is() {
    let dir = backup(&["base/5/1259"]);
    let noted = ["base/5/1259", "backup_label"].map(|path| json!({"Path": path, "Size": 9}));
    note(dir.path(), &json!({ "Files": noted }));
    assert_eq!(looked(dir.path()).await, None);
}

#[tokio::test]
async fn a_spent_budget_is_no_pass() {
    let dir = backup(&["base/5/1259"]);
    let outcome = look(dir.path(), &source(), Budget::start(Duration::ZERO)).await.unwrap();
    assert_eq!(
        (outcome.result, outcome.scope.as_str()),
        (CheckResult::Skipped, "backup_manifest: 0 of 1 files")
    );
}

#[tokio::test]
async fn a_file_that_cannot_be_read_is_neither_damage_nor_a_pass() {
    let dir = backup(&["base/5/1259", "base/5/1247"]);
    let file = dir.path().join("base/5/1259");
    fs::remove_file(&file).unwrap();
    std::os::unix::fs::symlink("1259", &file).unwrap();
    let outcome = looked(dir.path()).await.unwrap();
    assert_eq!(
        (outcome.result, outcome.scope.as_str()),
        (CheckResult::Skipped, "backup_manifest: 1 of 2 files")
    );
    assert!(outcome.detail.unwrap().starts_with("base/5/1259 cannot be read: "));
}
