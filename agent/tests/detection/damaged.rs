//! Copies that are damaged, and what a truthful report says of each.

use crate::{
    case::{Case, failed, prepare, refused},
    damage::{self, PAGE},
    hosts::{Host, Hosts},
    sound,
    source::Source,
    support::{MAJOR, Prepared, Volume},
};
use contract::pods::{CheckName, FailureReason, Fix};
use std::{fs, path::Path};

/// The defect is in this file of the host without checksums.
fn file(hosts: &Hosts, relation: &str, damage: impl FnOnce(&Path)) -> Prepared {
    in_file(hosts.plain(), hosts.plain().file(relation), damage)
}

fn in_file(host: &Host, file: &Path, damage: impl FnOnce(&Path)) -> Prepared {
    prepare(host.damaged(|data| damage(&data.join(file))))
}

/// All of them.
pub(crate) fn cases() -> Vec<Case> {
    [flipped(), zeroed(), shortened(), missing(), stale(), recovery()].concat()
}

fn flipped() -> Vec<Case> {
    use CheckName::{Amcheck, Checksums, Databases, FullRead, Pages};
    vec![
        refused(
            "fault_f10 heap: flipped tuple headers",
            heap_check(),
            "app.public.accounts block 5: ",
            |hosts| file(hosts, "accounts", |file| damage::flip(file, 6 * PAGE - 300, 300)),
        ),
        refused("fault_f10 heap: flipped page header", Pages, "app.public.notes block 2: ", |hosts| {
            file(hosts, "notes", |file| damage::flip(file, 2 * PAGE + 10, 10))
        }),
        refused("fault_f10 heap: flipped page", Pages, "app.public.amounts block 1: ", |hosts| {
            file(hosts, "amounts", |file| damage::flip(file, PAGE, 8192))
        }),
        refused("fault_f10 heap: flipped text", FullRead, "app.public.notes block 1: row 1", |hosts| {
            file(hosts, "notes", |file| damage::flip(file, 2 * PAGE - 20, 10))
        }),
        refused("fault_f10 heap: a flipped byte under a checksum", Checksums, "block 1", |hosts| {
            let host = hosts.checksummed();
            in_file(host, host.file("amounts"), |file| damage::flip(file, 2 * PAGE - 8, 1))
        }),
        refused("fault_f10 toast: flipped chunks", FullRead, "app.public.documents", |hosts| {
            in_file(hosts.plain(), hosts.plain().toast(), |file| damage::flip(file, PAGE + 4000, 2000))
        }),
        refused("fault_f10 btree: flipped entries", Amcheck, "app.public.accounts", |hosts| {
            file(hosts, "accounts_owner", |file| damage::flip(file, 3 * PAGE + 4000, 2000))
        }),
        refused(
            "fault_f10 btree: flipped page header",
            Pages,
            "app.public.accounts_owner block 3",
            |hosts| file(hosts, "accounts_owner", |file| damage::flip(file, 3 * PAGE + 12, 8)),
        ),
        refused("fault_f10 gin: flipped page header", Pages, "app.public.tagged_gin block 2", |hosts| {
            file(hosts, "tagged_gin", |file| damage::flip(file, 2 * PAGE + 12, 8))
        }),
        refused("fault_f10 gist: flipped page header", Pages, "app.public.tagged_gist block 1", |hosts| {
            file(hosts, "tagged_gist", |file| damage::flip(file, PAGE + 12, 8))
        }),
        refused("fault_f10 gin: flipped lists", Pages, "app.public.tagged_gin block 3", |hosts| {
            file(hosts, "tagged_gin", |file| damage::flip(file, 3 * PAGE + 6000, 400))
        }),
        refused("fault_f10 gist: flipped entries", Pages, "app.public.tagged_gist block 3", |hosts| {
            file(hosts, "tagged_gist", |file| damage::flip(file, 3 * PAGE + 6000, 400))
        }),
        refused("fault_f10 hash: flipped entries", Pages, "app.public.tagged_hash block 2", |hosts| {
            file(hosts, "tagged_hash", |file| damage::flip(file, 2 * PAGE + 7000, 400))
        }),
        refused("fault_f10 spgist: flipped entries", Pages, "app.public.tagged_spgist block 3", |hosts| {
            file(hosts, "tagged_spgist", |file| damage::flip(file, 3 * PAGE + 6000, 400))
        }),
        refused("fault_f10 brin: a flipped summary", Pages, "app.public.tagged_brin block 2", |hosts| {
            file(hosts, "tagged_brin", |file| damage::flip(file, 3 * PAGE - 8 - 24, 16))
        }),
        refused("fault_f10 sequence: flipped page", Pages, "app.public.counter", |hosts| {
            file(hosts, "counter", |file| damage::flip(file, 0, 8192))
        }),
        refused("fault_f10 catalog: flipped btree", Databases, "app: invalid page in block 1", |hosts| {
            file(hosts, "pg_class_oid_index", |file| damage::flip(file, PAGE + 12, 8))
        }),
        refused("fault_f10 catalog: flipped functions", Pages, "app.pg_catalog.pg_proc block 9", |hosts| {
            file(hosts, "pg_proc", |file| damage::flip(file, 9 * PAGE, 8192))
        }),
    ]
}

/// Which check looks at what rows are made of: before 14, no extension does.
fn heap_check() -> CheckName {
    if *MAJOR < 14 { CheckName::Pages } else { CheckName::Amcheck }
}

fn zeroed() -> Vec<Case> {
    use CheckName::{Amcheck, Pages};
    vec![
        refused("fault_f16 heap: a page of zeroes", Pages, "app.public.accounts_", |hosts| {
            file(hosts, "accounts", |file| damage::zero(file, 7 * PAGE, PAGE))
        }),
        refused(
            "fault_f16 heap: a page of zeroes, with checksums on",
            Pages,
            "app.public.accounts_",
            |hosts| {
                let host = hosts.checksummed();
                in_file(host, host.file("accounts"), |file| damage::zero(file, 7 * PAGE, PAGE))
            },
        ),
        refused("fault_f16 heap: zeroes, without an index", Pages, "app.public.notes: all of its", |hosts| {
            file(hosts, "notes", damage::zero_all)
        }),
        refused("fault_f16 toast: zeroes", Pages, "pg_toast", |hosts| {
            in_file(hosts.plain(), hosts.plain().toast(), damage::zero_all)
        }),
        refused("fault_f16 btree: zeroes", Amcheck, "accounts_pkey", |hosts| {
            file(hosts, "accounts_pkey", damage::zero_all)
        }),
        refused("fault_f16 gin: zeroes", Pages, "app.public.tagged_gin block 0", |hosts| {
            file(hosts, "tagged_gin", damage::zero_all)
        }),
        refused("fault_f16 hash: zeroes", Pages, "app.public.tagged_hash block 0", |hosts| {
            file(hosts, "tagged_hash", damage::zero_all)
        }),
        refused("fault_f16 matview: zeroes", Pages, "app.public.summary: all of its", |hosts| {
            file(hosts, "summary", damage::zero_all)
        }),
    ]
}

/// How a table that lost its end is told: from 18 on, the catalog's count of pages may be another cluster's, and what leads
/// to the rows that are gone tells it.
fn shorter(counted: &'static str, led_to: &'static str) -> &'static str {
    if *MAJOR < 18 { counted } else { led_to }
}

fn shortened() -> Vec<Case> {
    use CheckName::{Amcheck, Pages};
    vec![
        refused(
            "fault_f16 heap: cut short, vacuumed",
            Pages,
            shorter("app.public.plain: the file is", "app.public.plain: its visibility map"),
            |hosts| file(hosts, "plain", |file| damage::cut(file, 10 * PAGE)),
        ),
        refused(
            "fault_f16 heap: cut short, never vacuumed",
            Pages,
            shorter("app.public.accounts: the file", "app.public.accounts_pkey block"),
            |hosts| file(hosts, "accounts", |file| damage::cut(file, 10 * PAGE)),
        ),
        refused("fault_f16 heap: cut within a page", Pages, "no whole number of pages", |hosts| {
            file(hosts, "notes", |file| damage::cut(file, 3 * PAGE + 100))
        }),
        refused(
            "fault_f16 heap: emptied",
            Pages,
            shorter("app.public.accounts: the file", "app.public.accounts_pkey block"),
            |hosts| file(hosts, "accounts", |file| damage::cut(file, 0)),
        ),
        refused("fault_f16 toast: cut short", Pages, "pg_toast", |hosts| {
            in_file(hosts.plain(), hosts.plain().toast(), |file| damage::cut(file, 5 * PAGE))
        }),
        refused("fault_f16 btree: cut short", Amcheck, "accounts_owner", |hosts| {
            file(hosts, "accounts_owner", |file| damage::cut(file, 9 * PAGE))
        }),
        refused("fault_f16 btree: emptied", Pages, "accounts_pkey: its file is empty", |hosts| {
            file(hosts, "accounts_pkey", |file| damage::cut(file, 0))
        }),
        refused("fault_f16 brin: emptied", Pages, "tagged_brin: its file is empty", |hosts| {
            file(hosts, "tagged_brin", |file| damage::cut(file, 0))
        }),
    ]
}

fn missing() -> Vec<Case> {
    use CheckName::{Databases, Pages};
    vec![
        refused("fault_f16 heap: its file is missing", Pages, "app.public.amounts: its file", |hosts| {
            file(hosts, "amounts", damage::remove)
        }),
        refused("fault_f16 btree: its file is missing", Pages, "accounts_owner: its file", |hosts| {
            file(hosts, "accounts_owner", damage::remove)
        }),
        refused("fault_f16 toast: its file is missing", Pages, "pg_toast", |hosts| {
            in_file(hosts.plain(), hosts.plain().toast(), damage::remove)
        }),
        refused("fault_f16 gist: its file is missing", Pages, "tagged_gist: its file", |hosts| {
            file(hosts, "tagged_gist", damage::remove)
        }),
        refused("fault_f16 a database's directory is missing", Databases, "app: ", |hosts| {
            let host = hosts.plain();
            prepare(host.damaged(|data| fs::remove_dir_all(data.join(host.directory())).unwrap()))
        }),
    ]
}

fn stale() -> Vec<Case> {
    vec![
        refused("btree: of an earlier time, lacks rows", CheckName::Amcheck, "accounts_owner", |_| {
            let source = Source::new();
            let file = source.file_of("app", "accounts_owner");
            let old = fs::read(source.data_dir().join(&file)).unwrap();
            let more = "INSERT INTO accounts SELECT n, md5(n::text), n FROM generate_series(20001, 30000) n";
            source.run("app", more);
            source.file_of("app", "accounts_owner");
            prepare(source.capture_with(|data| fs::write(data.join(&file), old).unwrap()))
        }),
        refused("btree: not in the order of its collation", CheckName::Amcheck, "words_word_idx", |_| {
            sound::reordered(sound::OTHER_ORDER)
        }),
        refused(
            "a cluster without a row of a user",
            CheckName::Databases,
            "no database has a user table",
            |_| {
                let source = Source::new();
                source.run("postgres", "DROP DATABASE app");
                prepare(source.capture())
            },
        ),
    ]
}

fn recovery() -> Vec<Case> {
    use FailureReason::Recovery;
    vec![
        failed("fault_f10 pg_control: torn", Recovery, "checksum is wrong", |hosts| {
            in_file(hosts.plain(), Path::new("global/pg_control"), |file| damage::flip(file, 100, 8))
        }),
        failed("fault_f16 pg_control: zeroes", Recovery, "", |hosts| {
            in_file(hosts.plain(), Path::new("global/pg_control"), damage::zero_all)
        }),
        failed("fault_f16 pg_control: emptied", Recovery, "", |hosts| {
            in_file(hosts.plain(), Path::new("global/pg_control"), |file| damage::cut(file, 0))
        }),
        failed("fault_f9 pg_wal: emptied", Recovery, "log was reset", |hosts| {
            let prepared = prepare(hosts.plain().damaged(damage::empty_wal));
            assert_eq!(prepared.report.fixes, [Fix::ResetWal]);
            prepared
        }),
        failed("fault_f9 pg_wal: emptied, prepared once more", Recovery, "log was reset", |hosts| {
            let volume = Volume::of(hosts.plain().damaged(damage::empty_wal));
            volume.prepare();
            volume.prepare()
        }),
        failed("fault_f9 pg_wal: emptied under a base backup", Recovery, "log was reset", |_| {
            let captured = Source::new().base_backup();
            damage::empty_wal(&captured.path());
            prepare(captured)
        }),
        failed("fault_f16 the names of superusers: zeroes", Recovery, "superuser", |hosts| {
            in_file(hosts.plain(), Path::new("global/1260"), damage::zero_all)
        }),
    ]
}
