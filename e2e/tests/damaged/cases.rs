//! The backups: kinds, not degrees, of what hosts send.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use contract::pods::{CheckName, Fix};
use e2e::fixtures::{Files, Fixture};

use crate::case::{Case, file};
use crate::damage::{self, PAGE};
use crate::truth::Truth::{Failed, Refused, Sound};

/// All of them.
pub(crate) fn all() -> Vec<Case> {
    sound().into_iter().chain(in_files()).chain(unable_to_recover()).chain(not_found()).collect()
}

fn sound() -> [Case; 3] {
    [
        Case::untouched("unclean shutdown", Fixture::Tiny17, Sound(&[])),
        Case::untouched("base backup with its label", Fixture::Copied15, Sound(&[])),
        Case::untouched("locale of windows", Fixture::Windows17, Sound(&[Fix::Locale, Fix::Reindex])),
    ]
}

fn in_files() -> [Case; 7] {
    use CheckName::{Amcheck, Checksums, Pages};
    let of_17 = |name, truth, damage| Case::damaged(name, Fixture::Tiny17, truth, damage);
    let by_checksum = Refused(Checksums, "block 1");
    [
        Case::damaged("heap page under a checksum", Fixture::Tiny15, by_checksum, |data, files| {
            damage::flip(&file(data, files, "patients"), 2 * PAGE - 8, 1);
        }),
        of_17("heap page", Refused(Pages, "app.public.patients block 1"), |data, files| {
            damage::flip(&file(data, files, "patients"), PAGE, 8192);
        }),
        of_17("btree", Refused(Amcheck, "patients_pkey"), |data, files| {
            // Of the first leaf, which is not full: the end, where entries are.
            damage::flip(&file(data, files, "patients_pkey"), PAGE + 7000, 1000);
        }),
        of_17("missing file", Refused(Pages, "app.public.notes: its file"), |data, files| {
            damage::remove(&file(data, files, "notes"));
        }),
        of_17("truncated file", Refused(Pages, "no whole number of pages"), |data, files| {
            damage::cut(&file(data, files, "notes"), 3 * PAGE + 100);
        }),
        of_17("zeroed file", Refused(Pages, "app.public.notes"), |data, files| {
            damage::zero_all(&file(data, files, "notes"));
        }),
        Case::untouched("collation order", Fixture::Reordered17, Refused(Amcheck, "words_word_idx")),
    ]
}

fn unable_to_recover() -> [Case; 2] {
    let reason = "backup_bad: recovery";
    [
        Case::damaged("emptied log", Fixture::Tiny15, Failed(reason, "log was reset"), |data, _| {
            damage::empty_wal(data);
        }),
        Case::damaged(
            "torn control file",
            Fixture::Tiny15,
            Failed(reason, "checksum is wrong"),
            |data, _| {
                damage::flip(&data.join("global/pg_control"), 100, 8);
            },
        ),
    ]
}

fn not_found() -> [Case; 3] {
    let untouched = |_: &Path, _: &Files| ();
    let fixture = Fixture::Tiny15;
    [
        Case {
            name: "two clusters",
            fixture,
            places: &["a/main", "b/main"],
            damage: untouched,
            truth: Failed("backup_bad: ambiguous_cluster", "b/main"),
        },
        Case {
            name: "no cluster",
            fixture,
            places: &[],
            damage: |root, _| {
                fs::create_dir_all(root)
                    .and_then(|()| fs::write(root.join("dump.sql"), "SELECT 1;"))
                    .unwrap();
            },
            truth: Failed("backup_bad: no_cluster", "none of"),
        },
        Case::damaged("log elsewhere", fixture, Failed("backup_bad: unsafe_link", "/mnt/wal"), |data, _| {
            fs::remove_dir_all(data.join("pg_wal"))
                .and_then(|()| symlink("/mnt/wal", data.join("pg_wal")))
                .unwrap();
        }),
    ]
}
