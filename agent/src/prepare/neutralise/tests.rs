use super::{NeutraliseError, Texts, neutralise};
use crate::restore::tests::tree;
use contract::pods::Fix;
use std::{
    fs,
    os::unix::fs::{PermissionsExt, symlink},
};

fn texts() -> Texts {
    Texts { config: "# ours\n".into(), hba: "# our hba\n".into() }
}

#[test]
fn fault_f7_the_sources_configuration_is_gone() {
    let dir =
        tree(&["postgresql.conf", "postgresql.auto.conf", "pg_hba.conf", "pg_ident.conf", "recovery.conf"]);
    assert_eq!(neutralise(dir.path(), &texts()).unwrap(), []);
    let read = |name: &str| fs::read_to_string(dir.path().join(name)).unwrap();
    assert_eq!(read("postgresql.conf"), "# ours\n");
    assert_eq!(read("pg_hba.conf"), "# our hba\n");
    assert_eq!((read("postgresql.auto.conf"), read("pg_ident.conf")), (String::new(), String::new()));
    assert!(!dir.path().join("recovery.conf").exists());
}

#[test]
fn fault_f4_a_configuration_file_that_is_a_link_is_replaced_not_written_through() {
    let dir = tree(&["victim", "data/base/1"]);
    let (victim, data) = (dir.path().join("victim"), dir.path().join("data"));
    symlink(&victim, data.join("postgresql.conf")).unwrap();
    symlink(&victim, data.join("pg_hba.conf.pgro")).unwrap();
    neutralise(&data, &texts()).unwrap();
    assert_eq!(fs::read_to_string(victim).unwrap(), "abc");
    assert!(!data.join("postgresql.conf").is_symlink());
}

#[test]
fn fault_f8_a_standby_is_told_that_it_is_none_and_it_is_recorded() {
    for signal in ["standby.signal", "recovery.signal"] {
        let dir = tree(&[signal, "backup_label"]);
        assert_eq!(neutralise(dir.path(), &texts()).unwrap(), [Fix::Standby], "{signal}");
        assert!(!dir.path().join(signal).exists());
        assert!(dir.path().join("backup_label").exists(), "a base backup is torn without its label");
    }
}

#[test]
fn fault_f6_a_label_written_on_windows_is_one_that_recovery_reads() {
    let dir = tree(&["backup_label"]);
    let label = dir.path().join("backup_label");
    fs::write(&label, "START WAL LOCATION: 0/2000028\r\nLABEL: x\r\n").unwrap();
    neutralise(dir.path(), &texts()).unwrap();
    assert_eq!(fs::read_to_string(label).unwrap(), "START WAL LOCATION: 0/2000028\nLABEL: x\n");
}

#[test]
fn fault_f8_lock_files_of_the_source_are_removed() {
    let dir = tree(&["postmaster.pid", "postmaster.opts"]);
    neutralise(dir.path(), &texts()).unwrap();
    assert!(!dir.path().join("postmaster.pid").exists());
}

#[test]
fn replication_slots_are_removed_and_missing_directories_made() {
    let dir = tree(&["pg_replslot/standby1/state", "pg_replslot/stray"]);
    neutralise(dir.path(), &texts()).unwrap();
    assert_eq!(fs::read_dir(dir.path().join("pg_replslot")).unwrap().count(), 0);
    assert!(dir.path().join("pg_logical/snapshots").is_dir());
}

#[test]
fn fault_f5_a_tablespace_map_is_refused_with_what_it_says() {
    let dir = tree(&[]);
    fs::write(dir.path().join("tablespace_map"), "16400 /mnt/fast\n").unwrap();
    let error = neutralise(dir.path(), &texts()).unwrap_err();
    assert!(matches!(error, NeutraliseError::Tablespaces { .. }));
    assert!(error.to_string().contains(r"16400 /mnt/fast\n"), "{error}");
}

#[test]
fn the_directory_is_closed_to_the_group() {
    let dir = tree(&["data/PG_VERSION"]);
    let data = dir.path().join("data");
    fs::set_permissions(&data, fs::Permissions::from_mode(0o2775)).unwrap();
    neutralise(&data, &texts()).unwrap();
    assert_eq!(fs::metadata(&data).unwrap().permissions().mode() & 0o777, 0o700);
}

#[test]
fn a_second_time_changes_nothing() {
    let dir = tree(&["standby.signal"]);
    neutralise(dir.path(), &texts()).unwrap();
    assert_eq!(neutralise(dir.path(), &texts()).unwrap(), []);
}
