//! Snapshots in which the data directory has to be found first.

use crate::{
    case::{Case, failed, sound},
    hosts::Hosts,
    support::{Prepared, Volume, succeed},
};
use contract::pods::{FailureReason, PrepareReport, RestoreResult};
use std::{fs, os::unix::fs::symlink, path::Path, process::Command};

/// A snapshot that `arrange` puts the host's data directory and other things into, restored and prepared.
fn snapshot(hosts: &Hosts, arrange: impl FnOnce(&Path, &dyn Fn(&str))) -> Prepared {
    let root = tempfile::tempdir().unwrap();
    let captured = hosts.plain().damaged(|_| ());
    let put = |place: &str| {
        let place = root.path().join(place);
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        succeed(Command::new("cp").arg("-a").arg(captured.path()).arg(place));
    };
    succeed(Command::new("chmod").arg("755").arg(root.path()));
    arrange(root.path(), &put);
    restored(root.path())
}

/// This snapshot, restored and prepared.
pub(crate) fn restored(snapshot: &Path) -> Prepared {
    let volume = Volume::empty();
    match volume.restore(snapshot) {
        (RestoreResult::Restored(restored), ..) => {
            volume.prepare_with(&[("PGRO_DATA_DIR", &restored.data_dir.to_string())])
        }
        (RestoreResult::Failed(failure), status, log) => Prepared {
            report: PrepareReport { failure: Some(failure), ..PrepareReport::default() },
            status,
            log,
        },
    }
}

/// All of them.
pub(crate) fn cases() -> Vec<Case> {
    [found(), not_found()].concat()
}

fn found() -> Vec<Case> {
    vec![
        sound("nested four directories deep", |hosts| {
            snapshot(hosts, |_, put| put("var/lib/postgresql/main"))
        }),
        sound("behind a link named current, beside another of its version", |hosts| {
            snapshot(hosts, |root, put| {
                put("2026-01/data");
                put("2026-02/data");
                symlink("2026-02", root.join("current")).unwrap();
            })
        }),
        sound("beside an older cluster", |hosts| {
            snapshot(hosts, |root, put| {
                put("b/main");
                put("a/main");
                fs::write(root.join("a/main/PG_VERSION"), "12\n").unwrap();
            })
        }),
    ]
}

fn not_found() -> Vec<Case> {
    vec![
        failed("fault_f1 no cluster", FailureReason::NoCluster, "none of", |hosts| {
            snapshot(hosts, |root, _| fs::write(root.join("file"), "x").unwrap())
        }),
        failed("fault_f1 a data directory without its control file", FailureReason::NoCluster, "", |hosts| {
            snapshot(hosts, |root, put| {
                put("main");
                fs::remove_file(root.join("main/global/pg_control")).unwrap();
            })
        }),
        failed("fault_f2 two clusters of one version", FailureReason::AmbiguousCluster, "b/main", |hosts| {
            snapshot(hosts, |_, put| {
                put("a/main");
                put("b/main");
            })
        }),
        failed("fault_f3 a version that is no number", FailureReason::UnsupportedVersion, "", |hosts| {
            snapshot(hosts, |root, put| {
                put("main");
                fs::write(root.join("main/PG_VERSION"), "9.6\n").unwrap();
            })
        }),
        failed(
            "fault_f4 a write-ahead log outside the volume",
            FailureReason::UnsafeLink,
            "/mnt/wal",
            |hosts| {
                snapshot(hosts, |root, put| {
                    put("main");
                    fs::remove_dir_all(root.join("main/pg_wal")).unwrap();
                    symlink("/mnt/wal", root.join("main/pg_wal")).unwrap();
                })
            },
        ),
    ]
}
