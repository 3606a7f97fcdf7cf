//! Damage that most statements do not notice, and what a truthful report says of it.

use crate::{
    case::{Case, Truth, prepare, refused},
    damage::{self, PAGE},
    hosts::Hosts,
    source::Source,
    support::{MAJOR, Prepared},
};
use contract::pods::{
    CheckName::{self, Amcheck, Opens, Pages},
    FailureReason,
};
use std::{
    fs::{self, OpenOptions},
    io::Write,
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
};

/// The defect is in this file of the host without checksums.
fn file(hosts: &Hosts, relation: &str, end: &str, damage: impl FnOnce(&Path)) -> Prepared {
    let host = hosts.plain();
    let path = format!("{}{end}", host.file(relation).display());
    prepare(host.damaged(|data| damage(&data.join(path))))
}

/// In a host's directory of this name.
fn within(hosts: &Hosts, damage: impl FnOnce(&Path)) -> Prepared {
    prepare(hosts.plain().damaged(damage))
}

/// Sets bytes of it.
fn write(path: &Path, offset: u64, bytes: &[u8]) {
    OpenOptions::new().write(true).open(path).unwrap().write_all_at(bytes, offset).unwrap();
}

fn append(path: &Path, bytes: &[u8]) {
    OpenOptions::new().append(true).open(path).unwrap().write_all(bytes).unwrap();
}

/// All of them.
pub(crate) fn cases() -> Vec<Case> {
    [maps(), swapped(), logs(), hidden()].concat()
}

fn maps() -> Vec<Case> {
    vec![
        refused("visibility map: flipped bits", Pages, "app.public.accounts: its visibility map", |_| {
            let source = Source::new();
            let file = source.file_of("app", "accounts");
            source.run("app", "VACUUM accounts");
            source.run("app", "UPDATE accounts SET balance = 1 WHERE id IN (300, 900)");
            source.run("app", "CHECKPOINT");
            let map = format!("{}_vm", file.display());
            prepare(source.capture_with(|data| write(&data.join(map), 24, &[0xff; 4])))
        }),
        refused("visibility map: of a longer table", Pages, "its visibility map", |hosts| {
            file(hosts, "plain", "_vm", |path| write(path, 24 + 500, &[0x01]))
        }),
        refused("visibility map: flipped page header", Pages, "app.public.plain block 0", |hosts| {
            file(hosts, "plain", "_vm", |path| damage::flip(path, 10, 10))
        }),
        refused("free space map: flipped page header", Pages, "app.public.plain block 1", |hosts| {
            file(hosts, "plain", "_fsm", |path| damage::flip(path, PAGE + 10, 10))
        }),
        refused("free space map: cut within a page", Pages, "no whole number of pages", |hosts| {
            file(hosts, "plain", "_fsm", |path| damage::cut(path, 2 * PAGE + 9))
        }),
        refused("an unlogged table without the file it begins from", Pages, "app.public.u: ", |_| {
            let source = Source::new();
            source.run("app", "CREATE UNLOGGED TABLE u AS SELECT n FROM generate_series(1, 500) n");
            let file = source.file_of("app", "u");
            prepare(
                source.capture_with(|data| damage::remove(&data.join(format!("{}_init", file.display())))),
            )
        }),
    ]
}

fn swapped() -> Vec<Case> {
    vec![
        refused("heap: bytes after its end", Pages, "no whole number of pages", |hosts| {
            file(hosts, "amounts", "", |path| append(path, b"stray"))
        }),
        refused("heap: a page of nonsense after its end", Pages, "app.public.amounts block", |hosts| {
            file(hosts, "amounts", "", |path| append(path, &[0x77; 8192]))
        }),
        // before 14, no extension looks at heaps; the visibility map of one tells then
        refused(
            "heap and heap: exchanged",
            if *MAJOR < 14 { Pages } else { Amcheck },
            "app.public.",
            |hosts| {
                within(hosts, |data| {
                    let (a, b) =
                        (data.join(hosts.plain().file("amounts")), data.join(hosts.plain().file("tagged")));
                    let kept = fs::read(&a).unwrap();
                    fs::copy(&b, &a).unwrap();
                    fs::write(&b, kept).unwrap();
                })
            },
        ),
        refused("gist and gin: exchanged", Pages, "no page of this kind", |hosts| {
            within(hosts, |data| {
                let host = hosts.plain();
                fs::copy(data.join(host.file("tagged_gist")), data.join(host.file("tagged_gin"))).unwrap();
            })
        }),
        refused("hash: a page of a table in it", Pages, "app.public.tagged_hash block 3", |hosts| {
            within(hosts, |data| {
                let page = fs::read(data.join(hosts.plain().file("plain"))).unwrap();
                write(&data.join(hosts.plain().file("tagged_hash")), 3 * PAGE, &page[..8192]);
            })
        }),
        refused("heap: two pages exchanged", Pages, "rows say that they are of block 2", |hosts| {
            file(hosts, "notes", "", |path| {
                let pages = fs::read(path).unwrap();
                write(path, PAGE, &pages[2 * 8192..3 * 8192]);
                write(path, 2 * PAGE, &pages[8192..2 * 8192]);
            })
        }),
        refused("heap: a page that is there twice", Pages, "say that they are of block 1", |hosts| {
            file(hosts, "amounts", "", |path| {
                let pages = fs::read(path).unwrap();
                write(path, 3 * PAGE, &pages[8192..2 * 8192]);
            })
        }),
        refused(
            "heap: flipped digits",
            CheckName::FullRead,
            "app.public.amounts block 1: row 1 has",
            |hosts| file(hosts, "amounts", "", |path| damage::flip(path, 2 * PAGE - 8, 6)),
        ),
        refused("sequence: without its number", Pages, "app.public.counter block 0", |hosts| {
            file(hosts, "counter", "", |path| damage::zero(path, PAGE - 8, 8))
        }),
        refused("heap: written after the log ends", Pages, "of the log, which ends at", |hosts| {
            file(hosts, "notes", "", |path| write(path, 2 * PAGE, &[9, 0, 0, 0]))
        }),
        refused("btree: two rows of one key", CheckName::Constraints, "accounts_pkey", |_| {
            let source = Source::new();
            for statement in [
                "UPDATE pg_index SET indisunique = false WHERE indexrelid = 'accounts_pkey'::regclass",
                "INSERT INTO accounts VALUES (7, 'twin', 0)",
                "UPDATE pg_index SET indisunique = true WHERE indexrelid = 'accounts_pkey'::regclass",
            ] {
                source.run("app", statement);
            }
            prepare(source.capture())
        }),
    ]
}

/// The files of a directory, by name.
fn files(directory: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> =
        fs::read_dir(directory).unwrap().flatten().map(|entry| entry.path()).collect();
    files.retain(|path| path.is_file());
    files.sort();
    files
}

fn logs() -> Vec<Case> {
    use FailureReason::{CheckFailed, Recovery};
    let failed = |name, reason, text, prepared| Case { name, truth: Truth::Failed(reason, text), prepared };
    vec![
        failed("pg_xact: zeroes", CheckFailed, "its log in pg_xact says", |hosts| {
            within(hosts, |data| damage::zero_all(&data.join("pg_xact/0000")))
        }),
        failed("pg_xact: missing", Recovery, "could not access status of transaction", |_| {
            prepare(Source::new().shut_down_with(|data| damage::remove(&data.join("pg_xact/0000"))))
        }),
        refused("pg_wal: a later part is missing", Opens, "is missing, and there are more after it", |_| {
            let source = Source::new();
            source.run("app", "CHECKPOINT");
            for _ in 0..4 {
                source.run(
                    "app",
                    "CREATE TABLE IF NOT EXISTS t (n int); INSERT INTO t SELECT generate_series(1, 30000)",
                );
                source.run("app", "SELECT pg_switch_wal()");
            }
            prepare(source.capture_with(|data| {
                let redo = redo_file(&data.join("pg_wal"), 2);
                damage::remove(&redo);
            }))
        }),
        refused("pg_wal: a part is cut short", Opens, "bytes long", |_| {
            let source = Source::new();
            source.run("app", "CHECKPOINT; CREATE TABLE t AS SELECT generate_series(1, 3000)");
            prepare(source.capture_with(|data| damage::cut(&redo_file(&data.join("pg_wal"), 0), 500_000)))
        }),
    ]
}

/// The file of the log that is written to while nothing was recycled yet, or one before it.
fn redo_file(wal: &Path, before: usize) -> PathBuf {
    let written = |path: &PathBuf| {
        let bytes = fs::read(path).unwrap();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let (high, low) =
            (u64::from_str_radix(&name[8..16], 16).unwrap(), u64::from_str_radix(&name[16..], 16).unwrap());
        u64::from_le_bytes(bytes[8..16].try_into().unwrap()) == high << 32 | low << 20
    };
    let files: Vec<PathBuf> = files(wal).into_iter().filter(written).collect();
    files[files.len() - 1 - before].clone()
}

fn hidden() -> Vec<Case> {
    vec![
        refused("a database that has damaged pages overlooked", Pages, "app.public.notes block 2", |_| {
            let source = Source::new();
            source.run("app", "ALTER DATABASE app SET zero_damaged_pages = on; ALTER DATABASE app SET ignore_checksum_failure = on");
            source.run(
                "app",
                "CREATE TABLE notes AS SELECT md5(n::text) AS note FROM generate_series(1, 2000) n",
            );
            let file = source.file_of("app", "notes");
            prepare(source.capture_with(|data| damage::flip(&data.join(file), 2 * PAGE + 10, 10)))
        }),
        refused("damage in a database that takes no sessions", Pages, "closed.public.notes block 2", |_| {
            let source = Source::new();
            source.run("postgres", "CREATE DATABASE closed");
            source.run(
                "closed",
                "CREATE TABLE notes AS SELECT md5(n::text) AS note FROM generate_series(1, 2000) n",
            );
            let file = source.file_of("closed", "notes");
            source.run("postgres", "ALTER DATABASE closed ALLOW_CONNECTIONS false");
            prepare(source.capture_with(|data| damage::flip(&data.join(file), 2 * PAGE + 10, 10)))
        }),
        refused("a database's version is missing", CheckName::Databases, "app: ", |hosts| {
            within(hosts, |data| damage::remove(&data.join(hosts.plain().directory()).join("PG_VERSION")))
        }),
        refused("a database's map of its catalogs is torn", CheckName::Databases, "app: ", |hosts| {
            within(hosts, |data| {
                damage::flip(&data.join(hosts.plain().directory()).join("pg_filenode.map"), 100, 8);
            })
        }),
        // what is lost with the page depends on what each version has there
        refused(
            "catalog: columns are zeroes",
            Pages,
            if *MAJOR < 14 { "app: " } else { "pg_attribute" },
            |hosts| file(hosts, "pg_attribute", "", |path| damage::zero(path, 9 * PAGE, PAGE)),
        ),
    ]
}
