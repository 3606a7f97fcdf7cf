use super::Sizing;
use crate::{
    restore::tests::{script, spec, tree},
    signals::channel,
};
use contract::pods::{FailureReason, SizingResult, SnapshotSize, SnapshotSpec};
use std::fs;

const DIRECTORY: &str = "k0123456789abcdef0123456789abcdef";

/// Sizes with a stand-in for kopia that runs `line` unless it is told to connect.
async fn size_by(line: &str, of: &SnapshotSpec) -> SizingResult {
    let dir = tree(&[]);
    fs::write(dir.path().join("proxy"), "[::1]:1\n").unwrap();
    let program = dir.path().join("stand-in");
    script(&program, &format!("#!/bin/sh\n[ $1 = repository ] && exit 0\nfor last; do :; done\n{line}\n"));
    let (_sender, stop) = channel();
    let sizing = Sizing {
        spec: &SnapshotSpec { port_file: dir.path().join("proxy"), ..of.clone() },
        password: &"secret".into(),
        kopia: &program.into(),
        scratch: dir.path(),
        stop: &stop,
    };
    sizing.run().await
}

fn snapshot(id: &str) -> SnapshotSpec {
    SnapshotSpec { snapshot_id: id.parse().unwrap(), ..spec("/").snapshot() }
}

fn sized(id: &str, bytes: u64, files: u64) -> SizingResult {
    SizingResult::Sized(SnapshotSize { snapshot_id: id.parse().unwrap(), bytes, files })
}

fn failure(result: SizingResult) -> (FailureReason, String) {
    match result {
        SizingResult::Failed(failure) => (failure.reason, failure.message),
        SizingResult::Sized(size) => panic!("sized: {size:?}"),
    }
}

#[tokio::test]
async fn a_snapshot_is_as_large_as_was_noted_when_it_was_taken() {
    let line = r#"[ "$1 $2" = "manifest show" ] && echo '{"rootEntry": {"summ": {"size": 7, "files": 2}}}'"#;
    let of = spec("/").snapshot();
    assert_eq!(size_by(line, &of).await, sized(of.snapshot_id.as_str(), 7, 2));
}

#[tokio::test]
async fn a_directory_is_asked_itself() {
    let line = r#"[ $1 = show ] && [ $last = k0123456789abcdef0123456789abcdef ] &&
        echo '{"entries": [], "summary": {"size": 7, "files": 2}}'"#;
    assert_eq!(size_by(line, &snapshot(DIRECTORY)).await, sized(DIRECTORY, 7, 2));
}

#[tokio::test]
async fn a_snapshot_of_which_no_size_was_noted_is_as_large_as_its_directory() {
    let line = r#"if [ $1 = manifest ]; then echo '{"rootEntry": {"type": "d", "obj": "k77"}}'
        else [ $last = k77 ] && echo '{"entries": [], "summary": {"size": 7, "files": 2}}'; fi"#;
    let of = spec("/").snapshot();
    assert_eq!(size_by(line, &of).await, sized(of.snapshot_id.as_str(), 7, 2));
}

#[tokio::test]
async fn a_repository_that_says_nothing_of_a_size_is_a_failure_that_says_so() {
    let result = size_by(r#"echo '{"rootEntry": {"type": "d"}}'"#, &spec("/").snapshot()).await;
    let (reason, message) = failure(result);
    assert_eq!(reason, FailureReason::Internal);
    assert!(message.contains("holds no size"), "{message}");
}

#[tokio::test]
async fn what_is_no_snapshot_is_not_sized() {
    for line in ["echo '{}' | head -c 1", "echo"] {
        let (reason, _) = failure(size_by(line, &spec("/").snapshot()).await);
        assert_eq!(reason, FailureReason::SnapshotNotFound, "{line}");
    }
}

#[tokio::test]
async fn fault_e5_kopias_own_failure_is_told_as_such() {
    let line = "echo 'invalid repository password' >&2; exit 1";
    let (reason, _) = failure(size_by(line, &spec("/").snapshot()).await);
    assert_eq!(reason, FailureReason::RepositoryPassword);
}
