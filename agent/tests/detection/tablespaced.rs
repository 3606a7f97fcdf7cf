//! Hosts with data outside their data directory, restored with it and without.

use crate::{
    case::{Case, Truth},
    damage,
    discovered::restored,
    source::{Captured, Source},
    support::{Prepared, succeed},
};
use contract::pods::{CheckName, FailureReason, Fix};
use std::{fs, os::unix::fs::symlink, path::Path, process::Command};

/// A host with half of its data in tablespace `fast`, shut down.
fn host() -> Captured {
    let source = Source::new();
    let place = source.place("elsewhere/fast");
    source.run("app", &format!("CREATE TABLESPACE fast LOCATION '{}'", place.display()));
    source.run(
        "app",
        "CREATE TABLE f TABLESPACE fast AS SELECT n, md5(n::text) AS t FROM generate_series(1, 3000) n",
    );
    source.run("app", "CREATE INDEX f_n ON f (n) TABLESPACE fast");
    source.shut_down()
}

/// A snapshot of its data directory as `main`, and of its tablespace wherever `put` is asked to.
fn snapshot(arrange: impl FnOnce(&Path, &dyn Fn(&str))) -> Prepared {
    let (root, captured) = (tempfile::tempdir().unwrap(), host());
    succeed(Command::new("chmod").arg("755").arg(root.path()));
    succeed(Command::new("cp").arg("-a").arg(captured.path()).arg(root.path().join("main")));
    let elsewhere = captured.path().with_file_name("elsewhere").join("fast");
    let put = |place: &str| {
        let place = root.path().join(place);
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        succeed(Command::new("cp").arg("-a").arg(&elsewhere).arg(place));
    };
    arrange(root.path(), &put);
    restored(root.path())
}

/// The one link in `pg_tblspc`.
fn link(root: &Path) -> std::path::PathBuf {
    fs::read_dir(root.join("main/pg_tblspc")).unwrap().flatten().next().unwrap().path()
}

/// All of them.
pub(crate) fn cases() -> Vec<Case> {
    let sound = |name, prepared| Case { name, truth: Truth::Sound(&[Fix::Tablespace]), prepared };
    vec![
        sound("fault_f5 a tablespace elsewhere in the snapshot", |_| {
            snapshot(|_, put| put("mnt/elsewhere/fast"))
        }),
        sound("fault_f5 a tablespace behind a junction that was restored as nothing", |_| {
            snapshot(|root, put| {
                put("D/data");
                fs::remove_file(link(root)).unwrap();
            })
        }),
        sound("fault_f5 a tablespace of a base backup, by its map alone", |_| {
            snapshot(|root, put| {
                put("fast");
                put("old/slow");
                let link = link(root);
                let entry = format!("{} D:\\pg\\fast\r\n", link.file_name().unwrap().to_string_lossy());
                fs::remove_file(&link).unwrap();
                fs::write(root.join("main/tablespace_map"), entry).unwrap();
            })
        }),
        Case {
            name: "a tablespace that was restored in its place",
            truth: Truth::Sound(&[]),
            prepared: |_| {
                snapshot(|root, put| {
                    let link = link(root);
                    fs::remove_file(&link).unwrap();
                    put(&format!("main/pg_tblspc/{}", link.file_name().unwrap().to_string_lossy()));
                })
            },
        },
        Case {
            name: "fault_f5 a tablespace that is not in the snapshot",
            truth: Truth::Failed(FailureReason::MissingTablespace, "\"fast\""),
            prepared: |_| snapshot(|_, _| ()),
        },
        Case {
            name: "fault_f5 a tablespace that leads to files of the pod",
            truth: Truth::Failed(FailureReason::MissingTablespace, "/etc"),
            prepared: |_| {
                snapshot(|root, _| {
                    let link = link(root);
                    fs::remove_file(&link).unwrap();
                    symlink("/etc", link).unwrap();
                })
            },
        },
        Case {
            name: "fault_f16 a table in a tablespace: its file is missing",
            truth: Truth::Refused(CheckName::Pages, "app.public.f: its file"),
            prepared: |_| {
                snapshot(|root, put| {
                    put("fast");
                    damage::remove(&largest(&root.join("fast")));
                })
            },
        },
    ]
}

/// The largest file below a directory.
fn largest(directory: &Path) -> std::path::PathBuf {
    let mut found: Vec<(u64, std::path::PathBuf)> = Vec::new();
    let mut pending = vec![directory.to_owned()];
    while let Some(next) = pending.pop() {
        for entry in fs::read_dir(next).unwrap().flatten() {
            let metadata = entry.metadata().unwrap();
            if metadata.is_dir() {
                pending.push(entry.path());
            } else {
                found.push((metadata.len(), entry.path()));
            }
        }
    }
    found.into_iter().max().unwrap().1
}
