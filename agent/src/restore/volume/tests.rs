use super::{Beginning, OPENED, Volume, VolumeError};
use crate::restore::tests::{restored, spec, tree};
use contract::ids::SnapshotId;
use std::fs;

const FRESH: Beginning = Beginning::Restore { resumes: false };
const RESUMED: Beginning = Beginning::Restore { resumes: true };

fn snapshot() -> SnapshotId {
    spec("/").snapshot_id
}

fn other() -> SnapshotId {
    "fedcba9876543210fedcba9876543210".parse().unwrap()
}

#[test]
fn fault_e2_a_restore_that_was_killed_is_gone_on_with_in_the_same_boot() {
    let dir = tree(&[]);
    let volume = Volume(dir.path());
    assert_eq!(volume.begin(&snapshot(), "boot 1").unwrap(), FRESH);
    fs::create_dir(volume.target()).unwrap();
    assert_eq!(volume.begin(&snapshot(), "boot 1").unwrap(), RESUMED);
    assert!(volume.target().exists());
}

#[test]
fn fault_e8_files_that_a_crash_of_the_machine_may_have_torn_are_wiped() {
    for next in ["boot 2", ""] {
        let dir = tree(&["restored/base/1/torn"]);
        let volume = Volume(dir.path());
        volume.begin(&snapshot(), "boot 1").unwrap();
        fs::create_dir_all(volume.target()).unwrap();
        assert_eq!(volume.begin(&snapshot(), next).unwrap(), FRESH, "{next:?}");
        assert!(!volume.target().exists());
    }
}

#[test]
fn fault_e8_where_the_system_names_no_boot_none_is_the_same() {
    let dir = tree(&[]);
    Volume(dir.path()).begin(&snapshot(), "").unwrap();
    assert_eq!(Volume(dir.path()).begin(&snapshot(), "").unwrap(), FRESH);
}

#[test]
fn fault_e14_a_restore_that_paused_is_gone_on_with_on_another_machine_once() {
    let dir = tree(&[]);
    let volume = Volume(dir.path());
    volume.begin(&snapshot(), "boot 1").unwrap();
    volume.pause(&snapshot(), "boot 1").unwrap();
    assert_eq!(volume.begin(&snapshot(), "boot 2").unwrap(), RESUMED);
    // what was written since is not on disk for good
    assert_eq!(volume.begin(&snapshot(), "boot 3").unwrap(), FRESH);
}

#[test]
fn fault_e8_files_nobody_answers_for_and_those_of_another_snapshot_are_wiped() {
    let dir = tree(&["restored/base/1/torn"]);
    let volume = Volume(dir.path());
    assert_eq!(volume.begin(&snapshot(), "boot 1").unwrap(), FRESH);
    assert!(!volume.target().exists());
    assert_eq!(volume.begin(&other(), "boot 1").unwrap(), FRESH);
}

#[test]
fn a_complete_restore_of_the_same_snapshot_is_not_done_again() {
    let dir = tree(&["restored/file"]);
    let volume = Volume(dir.path());
    volume.finish(&restored()).unwrap();
    assert_eq!(volume.begin(&restored().snapshot_id, "boot 9").unwrap(), Beginning::Done(restored()));
    assert!(dir.path().join("restored/file").exists());
}

#[test]
fn a_complete_restore_of_another_snapshot_is_wiped_with_its_mark() {
    let dir = tree(&["restored/file"]);
    let volume = Volume(dir.path());
    volume.finish(&restored()).unwrap();
    assert_eq!(volume.begin(&other(), "boot 1").unwrap(), FRESH);
    assert!(!dir.path().join(super::COMPLETE).exists() && !volume.target().exists());
}

#[test]
fn what_postgres_was_started_on_is_never_wiped() {
    let dir = tree(&["restored/file", OPENED]);
    let error = Volume(dir.path()).begin(&snapshot(), "boot 1").unwrap_err();
    assert!(matches!(error, VolumeError::Reuse { .. }), "{error}");
    assert!(dir.path().join("restored/file").exists());
}

#[test]
fn an_unreadable_mark_counts_as_none() {
    let dir = tree(&[".pgro-restored.json", ".pgro-restoring.json", "restored/file"]);
    assert_eq!(Volume(dir.path()).begin(&snapshot(), "boot 1").unwrap(), FRESH);
}
