//! Pages of zeroes in indexes that are no btrees: lost where others lead to them, and what a crash leaves where none does.

use crate::{
    case::{Case, prepare, refused, sound},
    damage::{self, PAGE},
    hosts::Hosts,
    source::Source,
    support::Prepared,
};
use contract::pods::CheckName::Pages;
use std::fs::{self, OpenOptions};

/// The page of this number is zeroes.
fn without(hosts: &Hosts, index: &str, block: u64) -> Prepared {
    let host = hosts.plain();
    prepare(host.damaged(|data| damage::zero(&data.join(host.file(index)), block * PAGE, PAGE)))
}

/// Every kind, each large enough to have several pages of all sorts.
const EVERY_KIND: &str = "
    CREATE TABLE k AS SELECT n, md5(n::text) AS t, ARRAY[n % 3, n] AS a, box(point(n, n), point(n + 1, n + 2)) AS b
        FROM generate_series(1, 4000) n;
    CREATE INDEX k_gin ON k USING gin (a); CREATE INDEX k_gist ON k USING gist (b); CREATE INDEX k_spgist ON k USING spgist (t);
    CREATE INDEX k_brin ON k USING brin (n) WITH (pages_per_range = 1); CREATE INDEX k_hash ON k USING hash (t);
    CREATE INDEX k_btree ON k (t)";
const INDEXES: [&str; 6] = ["k_gin", "k_gist", "k_spgist", "k_brin", "k_hash", "k_btree"];
const MORE: &str =
    "INSERT INTO k SELECT n, md5(n::text), ARRAY[n % 3, n], box(point(n, n), point(n + 1, n + 2))
    FROM generate_series(4001, 30000) n";

/// A host that crashed when its indexes had grown, and of which nothing of the new pages was written.
fn grown() -> Source {
    let source = Source::new();
    source.run("app", EVERY_KIND);
    let files = INDEXES.map(|index| source.file_of("app", index));
    let captured = source.shut_down_with(|data| {
        for file in files {
            let path = data.join(file);
            let length = fs::metadata(&path).unwrap().len();
            OpenOptions::new().write(true).open(path).unwrap().set_len(length + 3 * PAGE).unwrap();
        }
    });
    Source::resumed_from(captured)
}

/// All of them.
pub(crate) fn cases() -> Vec<Case> {
    vec![
        refused("fault_f16 gin: a page of zeroes", Pages, "app.public.tagged_gin block 5", |hosts| {
            without(hosts, "tagged_gin", 5)
        }),
        refused("fault_f16 gist: a page of zeroes", Pages, "app.public.tagged_gist block 7", |hosts| {
            without(hosts, "tagged_gist", 7)
        }),
        refused("fault_f16 spgist: a page of zeroes", Pages, "app.public.tagged_spgist block 7", |hosts| {
            without(hosts, "tagged_spgist", 7)
        }),
        refused("fault_f16 spgist: a root of zeroes", Pages, "app.public.tagged_spgist block 1", |hosts| {
            without(hosts, "tagged_spgist", 1)
        }),
        refused("fault_f16 hash: a bucket of zeroes", Pages, "app.public.tagged_hash block 2", |hosts| {
            without(hosts, "tagged_hash", 2)
        }),
        refused("fault_f16 brin: a map of zeroes", Pages, "app.public.tagged_brin block 1", |hosts| {
            without(hosts, "tagged_brin", 1)
        }),
        refused("fault_f16 brin: summaries of zeroes", Pages, "app.public.tagged_brin block 2", |hosts| {
            without(hosts, "tagged_brin", 2)
        }),
        refused("fault_f16 gist: cut short", Pages, "is not there", |hosts| {
            let host = hosts.plain();
            prepare(host.damaged(|data| damage::cut(&data.join(host.file("tagged_gist")), 8 * PAGE)))
        }),
        sound("indexes with pages of zeroes in their midst that a crash left", |_| {
            let source = grown();
            source.run("app", MORE);
            prepare(source.capture())
        }),
        sound("the same after deletes and vacuum, and filled again", |_| {
            let source = grown();
            source.run("app", MORE);
            source.run("app", "DELETE FROM k WHERE n % 4 > 0 OR n BETWEEN 10000 AND 20000");
            for _ in 0..2 {
                source.run("app", "VACUUM k");
            }
            source.run("app", &MORE.replace("(4001, 30000)", "(50001, 60000)"));
            prepare(source.capture())
        }),
    ]
}
