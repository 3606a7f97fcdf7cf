use super::Restore;
use crate::signals::channel;
use contract::{
    ids::ServerId,
    pods::{FailureReason, RestoreResult, RestoreSpec, Restored},
};
use std::{
    fs,
    io::Write,
    num::NonZeroU16,
    os::unix::fs::symlink,
    path::Path,
    process::{Command, Stdio},
};
use tempfile::TempDir;

/// A spec whose volume, and the proxy's file in it, is `volume`.
pub(crate) fn spec(volume: impl AsRef<Path>) -> RestoreSpec {
    let volume = volume.as_ref();
    RestoreSpec {
        snapshot_id: "0123456789abcdef0123456789abcdef".parse().unwrap(),
        server_id: "00000000-0000-0000-0000-000000000002".parse::<ServerId>().unwrap(),
        bucket: "backups".parse().unwrap(),
        prefix: "a b/".parse().unwrap(),
        region: "us-east-1".parse().unwrap(),
        port_file: volume.join("proxy"),
        volume: volume.to_owned(),
        parallel: NonZeroU16::new(3).unwrap(),
        expected_bytes: None,
        expected_files: None,
        progress_file: None,
    }
}

pub(crate) fn restored() -> Restored {
    Restored {
        snapshot_id: spec("/").snapshot_id,
        data_dir: "restored/15".parse().unwrap(),
        postgres_major: 15,
        files: 2,
        bytes: 5,
    }
}

/// A directory with files of three bytes each.
pub(crate) fn tree(files: &[&str]) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    for file in files {
        let path = dir.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "abc").unwrap();
    }
    dir
}

/// A data directory as far as discovery is concerned.
pub(crate) fn cluster(root: &Path, path: &str, version: &str) {
    let path = root.join(path);
    fs::create_dir_all(path.join("global")).unwrap();
    fs::write(path.join("PG_VERSION"), version).unwrap();
    fs::write(path.join("global/pg_control"), "x").unwrap();
}

/// An executable script as a stand-in for a program.
///
/// Another process writes it: a thread that forks while this one had it open for writing would make it "busy".
pub(crate) fn script(path: &Path, text: &str) {
    let mut child = Command::new("install")
        .args(["-m", "755", "/dev/stdin"])
        .arg(path)
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    assert!(child.wait().unwrap().success());
}

/// Runs a restore with a stand-in for kopia that copies `snapshot` to the last argument.
async fn restore_of(snapshot: &Path, volume: &Path) -> RestoreResult {
    restore_by(&format!("cp -a {} $last", snapshot.display()), volume).await
}

/// Runs a restore with a stand-in for kopia that runs `line`, in which `$last` is where the files go.
async fn restore_by(line: &str, volume: &Path) -> RestoreResult {
    fs::write(volume.join("proxy"), "[::1]:1\n").unwrap();
    let scratch = tempfile::tempdir().unwrap();
    let program = scratch.path().join("stand-in");
    script(&program, &format!("#!/bin/sh\n[ $1 = repository ] && exit 0\nfor last; do :; done\n{line}\n"));
    let (_sender, stop) = channel();
    let restore = Restore {
        spec: &spec(volume),
        password: &"secret".into(),
        kopia: &program.into(),
        scratch: scratch.path(),
        stop: &stop,
    };
    restore.run().await
}

#[tokio::test]
async fn fault_e7_a_volume_smaller_than_the_snapshot_is_refused_before_anything_is_fetched() {
    let (volume, scratch) = (tree(&[]), tree(&[]));
    let (_sender, stop) = channel();
    let spec = RestoreSpec { expected_bytes: Some(u64::MAX), ..spec(volume.path()) };
    let restore = Restore {
        spec: &spec,
        password: &"secret".into(),
        kopia: &"/absent/kopia".into(),
        scratch: scratch.path(),
        stop: &stop,
    };
    let RestoreResult::Failed(failure) = restore.run().await else { panic!() };
    assert_eq!(failure.reason, FailureReason::NoSpace);
    assert!(failure.message.ends_with("the snapshot alone needs 18446744073709551615"), "{failure}");
}

fn reason(result: &RestoreResult) -> FailureReason {
    match result {
        RestoreResult::Failed(failure) => failure.reason,
        RestoreResult::Restored(restored) => panic!("restored: {restored:?}"),
    }
}

#[tokio::test]
async fn a_restored_cluster_is_found_counted_and_remembered() {
    let (snapshot, volume) = (tree(&[]), tree(&[]));
    cluster(snapshot.path(), "15", "15\r\n");
    let expected = RestoreResult::Restored(restored());
    assert_eq!(restore_of(snapshot.path(), volume.path()).await, expected);
    // a second pod of the same Job finds it, even where there is nothing to restore from any more
    assert_eq!(restore_of(Path::new("/absent"), volume.path()).await, expected);
}

#[tokio::test]
async fn a_cluster_at_the_top_of_the_snapshot_is_restored_itself() {
    let (snapshot, volume) = (tree(&[]), tree(&[]));
    cluster(snapshot.path(), "", "15");
    let RestoreResult::Restored(restored) = restore_of(snapshot.path(), volume.path()).await else {
        panic!()
    };
    assert_eq!(restored.data_dir.to_string(), "restored");
}

#[tokio::test]
async fn fault_f1_a_snapshot_without_a_cluster_is_a_failure() {
    let (snapshot, volume) = (tree(&["some/file"]), tree(&[]));
    assert_eq!(reason(&restore_of(snapshot.path(), volume.path()).await), FailureReason::NoCluster);
}

#[tokio::test]
async fn a_snapshot_that_is_a_file_has_no_cluster() {
    let (snapshot, volume) = (tree(&["file"]), tree(&[]));
    let result = restore_of(&snapshot.path().join("file"), volume.path()).await;
    assert_eq!(reason(&result), FailureReason::NoCluster);
}

#[tokio::test]
async fn fault_f4_a_link_that_leaves_the_volume_is_a_failure_that_names_it() {
    let (snapshot, volume) = (tree(&[]), tree(&[]));
    cluster(snapshot.path(), "15", "15");
    symlink("/etc", snapshot.path().join("15/pg_wal")).unwrap();
    let result = restore_of(snapshot.path(), volume.path()).await;
    assert_eq!(reason(&result), FailureReason::UnsafeLink);
    let RestoreResult::Failed(failure) = result else { panic!() };
    assert!(failure.message.contains(r#""15/pg_wal" -> "/etc""#), "{failure}");
}

#[tokio::test]
async fn a_failed_restore_leaves_no_mark_that_calls_it_complete() {
    let volume = tree(&[]);
    let result = restore_of(Path::new("/absent"), volume.path()).await;
    assert_eq!(reason(&result), FailureReason::RestoreIncomplete);
    assert!(!volume.path().join(".pgro-restored.json").exists());
}

#[tokio::test]
async fn fault_e2_a_restore_that_failed_is_gone_on_with_by_the_next_pod() {
    let (snapshot, volume) = (tree(&[]), tree(&[]));
    cluster(snapshot.path(), "", "15");
    let failed = restore_by("mkdir $last && echo half > $last/half && kill -9 $$", volume.path()).await;
    assert_eq!(reason(&failed), FailureReason::RestoreIncomplete);
    let rest = format!("cp -a {}/. $last && cat $last/half", snapshot.path().display());
    let RestoreResult::Restored(restored) = restore_by(&rest, volume.path()).await else { panic!() };
    assert_eq!((restored.files, restored.data_dir.to_string().as_str()), (3, "restored"));
}
