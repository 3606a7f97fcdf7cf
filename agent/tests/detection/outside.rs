//! Damage to files that belong to no relation: maps, versions, logs of transactions, the write-ahead log.

use crate::{
    case::{Case, Truth, failed, prepare, refused},
    damage,
    hosts::Hosts,
    source::{Captured, Source},
    support::Prepared,
};
use contract::pods::{
    CheckName::{Amcheck, Databases, Opens},
    FailureReason::Recovery,
};
use std::{
    fs::{self, OpenOptions},
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
};

fn within(hosts: &Hosts, damage: impl FnOnce(&Path)) -> Prepared {
    prepare(hosts.plain().damaged(damage))
}

/// In the directory of database `app`.
fn in_database(hosts: &Hosts, damage: impl FnOnce(&Path)) -> Prepared {
    within(hosts, |data| damage(&data.join(hosts.plain().directory())))
}

/// All of them.
pub(crate) fn cases() -> Vec<Case> {
    [maps(), transactions(), logs()].concat()
}

fn maps() -> Vec<Case> {
    vec![
        failed("the map of shared catalogs is missing", Recovery, "", |hosts| {
            within(hosts, |data| damage::remove(&data.join("global/pg_filenode.map")))
        }),
        failed("the map of shared catalogs: zeroes", Recovery, "pg_filenode.map", |hosts| {
            within(hosts, |data| damage::zero_all(&data.join("global/pg_filenode.map")))
        }),
        refused("a database's map of its catalogs is missing", Databases, "app: could not open", |hosts| {
            in_database(hosts, |directory| damage::remove(&directory.join("pg_filenode.map")))
        }),
        refused(
            "a database of another version",
            Databases,
            "app: database files are incompatible",
            |hosts| in_database(hosts, |directory| fs::write(directory.join("PG_VERSION"), "11\n").unwrap()),
        ),
    ]
}

/// A host with rows that several transactions locked, and of which one changed some.
fn several() -> Source {
    let source = Source::new();
    source.run("app", "CREATE TABLE parent AS SELECT generate_series(1, 300) AS id; ALTER TABLE parent ADD PRIMARY KEY (id)");
    for _ in 0..3 {
        source.run(
            "app",
            "BEGIN; SELECT * FROM parent FOR KEY SHARE; SAVEPOINT s; UPDATE parent SET id = id WHERE id < 200; COMMIT",
        );
    }
    source.run("app", "CHECKPOINT");
    source
}

/// A host with a transaction in doubt whose state was written to its file.
fn in_doubt() -> Source {
    let source = Source::initialised(&[], "postgres", "max_prepared_transactions = 3\n");
    source.run("app", "BEGIN; UPDATE accounts SET balance = 0 WHERE id = 5; PREPARE TRANSACTION 'doubt'");
    source.run("app", "CHECKPOINT");
    source
}

fn transactions() -> Vec<Case> {
    vec![
        refused("pg_multixact: offsets are zeroes", Amcheck, "app.public.parent", |_| {
            prepare(several().capture_with(|data| damage::zero_all(&data.join("pg_multixact/offsets/0000"))))
        }),
        refused("pg_multixact: members are zeroes", Amcheck, "app.public.parent", |_| {
            prepare(several().capture_with(|data| damage::zero_all(&data.join("pg_multixact/members/0000"))))
        }),
        failed("pg_multixact: missing", Recovery, "could not access status of transaction", |_| {
            prepare(several().shut_down_with(|data| damage::remove(&data.join("pg_multixact/offsets/0000"))))
        }),
        failed("pg_twophase: torn", Recovery, "", |_| {
            prepare(in_doubt().capture_with(|data| {
                let state = fs::read_dir(data.join("pg_twophase")).unwrap().flatten().next().unwrap().path();
                damage::flip(&state, 60, 8);
            }))
        }),
        Case {
            name: "a transaction in doubt whose state has a file",
            truth: Truth::Sound(&[]),
            prepared: |_| prepare(in_doubt().capture()),
        },
    ]
}

/// Files of the log, by name.
fn log_files(data: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(data.join("pg_wal")).unwrap().flatten().map(|entry| entry.path());
    let mut files: Vec<PathBuf> = entries.filter(|path| path.is_file()).collect();
    files.sort();
    files
}

/// A base backup without what its log holds after its first checkpoint, the note of its own end included.
fn without_its_end(captured: &Captured) {
    const CHECKPOINT: u64 = 120;
    let label = fs::read_to_string(captured.path().join("backup_label")).unwrap();
    let after = |words: &str| label.split(words).nth(1).unwrap();
    let file = after("(file ").split(')').next().unwrap();
    let place = after("CHECKPOINT LOCATION: ").lines().next().unwrap().split('/').nth(1).unwrap();
    let end = (u64::from_str_radix(place, 16).unwrap() + CHECKPOINT) % (1 << 20);
    damage::zero(&captured.path().join("pg_wal").join(file), end, (1 << 20) - end);
}

/// Zeroes all of the log from this place on.
fn without_log_from(data: &Path, place: u64) {
    for path in log_files(data) {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let number = name.get(16..).and_then(|digits| u64::from_str_radix(digits, 16).ok());
        let Some(number) = number else { continue };
        let begin = place.saturating_sub(number << 20).min(1 << 20);
        damage::zero(&path, begin, (1 << 20) - begin);
    }
}

fn logs() -> Vec<Case> {
    vec![
        failed("fault_f9 pg_wal: its directory is missing", Recovery, "log was reset", |hosts| {
            within(hosts, |data| fs::remove_dir_all(data.join("pg_wal")).unwrap())
        }),
        failed("fault_f9 a base backup whose log ends before it does", Recovery, "online backup", |_| {
            let captured = Source::new().base_backup();
            without_its_end(&captured);
            prepare(captured)
        }),
        refused("fault_f9 pg_wal: an archived part lost its end", Opens, "was complete up to", |_| {
            let config = "archive_mode = on\narchive_command = 'true'\n";
            let source = Source::initialised(&[], "postgres", config);
            source.run("app", "CHECKPOINT; CREATE TABLE t AS SELECT generate_series(1, 300)");
            let file = source.ask("app", "SELECT pg_walfile_name(pg_switch_wal())").unwrap();
            let lost = source
                .ask("app", "SELECT checkpoint_lsn - '0/0' + 120 FROM pg_control_checkpoint()")
                .unwrap();
            source.run("app", "CREATE TABLE later AS SELECT 1 AS n");
            let at = lost.parse::<u64>().unwrap() % (1 << 20);
            prepare(source.capture_with(|data| {
                damage::zero(&data.join("pg_wal").join(file), at, (1 << 20) - at);
            }))
        }),
        refused("fault_f9 a standby whose log lost its end", Opens, "replayed by a standby", |_| {
            let source = Source::new();
            let standby = source.standby();
            source.run("app", "CHECKPOINT");
            source.run("app", "CREATE TABLE later AS SELECT n FROM generate_series(1, 500) n");
            standby.caught_up(&source);
            standby.run("app", "CHECKPOINT");
            let lost = "SELECT checkpoint_lsn - '0/0' + 120 FROM pg_control_checkpoint()";
            let lost = standby.ask("app", lost).unwrap().parse::<u64>().unwrap();
            prepare(standby.capture_with(|data| without_log_from(data, lost)))
        }),
        refused("pg_wal: a later part is of another cluster", Opens, "is of another cluster", |_| {
            let source = Source::new();
            source.run("app", "CHECKPOINT; CREATE TABLE t AS SELECT generate_series(1, 30000)");
            prepare(source.capture_with(|data| {
                for file in &log_files(data)[1..] {
                    OpenOptions::new().write(true).open(file).unwrap().write_all_at(&[7; 8], 24).unwrap();
                }
            }))
        }),
    ]
}
