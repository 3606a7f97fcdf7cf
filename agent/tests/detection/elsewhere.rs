//! Copies of hosts with other encodings, orders, limits and roles in a cluster than ours: sound all the same.

use crate::{
    case::{Case, Truth, prepare},
    hosts::Hosts,
    sound::OTHER_ORDER,
    source::Source,
    support::Prepared,
};
use contract::pods::Fix;

fn sound(name: &'static str, fixes: &'static [Fix], prepared: fn(&Hosts) -> Prepared) -> Case {
    Case { name, truth: Truth::Sound(fixes), prepared }
}

/// A host on which `statements` ran in its database one after the other, captured while it runs.
fn on(source: &Source, statements: &[&str]) -> Prepared {
    for statement in statements {
        source.run("app", statement);
    }
    prepare(source.capture())
}

/// A host whose text is in this encoding.
fn encoded(encoding: &str) -> Source {
    Source::initialised(&["-E", encoding, "--locale", "C"], "postgres", "")
}

/// All of them.
pub(crate) fn cases() -> Vec<Case> {
    [named(), ordered(), following(), limited()].concat()
}

fn named() -> Vec<Case> {
    vec![
        sound("fault_f15 a database whose name is not in UTF-8", &[], |_| {
            on(&encoded("LATIN1"), &["CREATE DATABASE \"größe\""])
        }),
        sound("fault_f15 a database and a role whose names are in no encoding", &[], |_| {
            on(
                &encoded("SQL_ASCII"),
                &[
                    "DO $$ BEGIN EXECUTE format('CREATE ROLE %I', E'gr\\xf6\\xdfe'); END $$",
                    "CREATE DATABASE other",
                    "UPDATE pg_database SET datname = E'gr\\xf6\\xdfe' WHERE datname = 'other'",
                ],
            )
        }),
        sound("fault_f13 a superuser whose name is not in UTF-8", &[], |_| {
            on(&encoded("LATIN1"), &["CREATE ROLE \"größe\" SUPERUSER LOGIN; ALTER ROLE postgres NOLOGIN"])
        }),
    ]
}

/// Changes the order of the database itself; the column has another name from 17 on.
const OTHER_DATABASE_ORDER: &str = "
    DO $$ BEGIN EXECUTE format(
        'UPDATE pg_database SET datcollversion = ''1'', %I = ''en-u-kf-lower''',
        CASE WHEN current_setting('server_version_num')::int < 170000 THEN 'daticulocale' ELSE 'datlocale' END);
    END $$";

fn ordered() -> Vec<Case> {
    vec![
        sound("a database in the order of another version of ICU", &[Fix::Reindex], |_| {
            let icu = ["--locale-provider=icu", "--icu-locale=en-u-kf-upper"];
            on(
                &Source::initialised(&icu, "postgres", ""),
                &[
                    "CREATE TABLE words AS SELECT chr(65 + n % 26) || n AS word FROM generate_series(1, 500) n;
                     INSERT INTO words SELECT lower(word) FROM words; CREATE INDEX ON words (word)",
                    OTHER_DATABASE_ORDER,
                ],
            )
        }),
        sound("ranges, rows and lists of text in another order", &[Fix::Reindex], |_| {
            on(
                &Source::new(),
                &[
                    "CREATE COLLATION ours (provider = icu, locale = 'en-u-kf-upper');
                     CREATE TYPE words AS RANGE (subtype = text, collation = ours); CREATE DOMAIN span AS words;
                     CREATE TYPE pair AS (a int, b text COLLATE ours);
                     CREATE TABLE r AS SELECT words(chr(65 + n % 26) || n, NULL) AS w, ROW(1, chr(65 + n % 26) || n)::pair AS p
                         FROM generate_series(1, 300) n;
                     INSERT INTO r SELECT words(lower(lower(w)), NULL), ROW(1, lower((p).b))::pair FROM r",
                    "CREATE INDEX ON r (w); CREATE INDEX ON r USING gist (w); CREATE INDEX ON r (p);
                     CREATE INDEX ON r ((ARRAY[p])); CREATE INDEX ON r ((w::span))",
                    OTHER_ORDER,
                    "UPDATE pg_collation SET collversion = '1' WHERE collname = 'ours'",
                ],
            )
        }),
    ]
}

/// A host and one that follows it, once that has all of it.
fn pair() -> (Source, Source) {
    let source = Source::new();
    let standby = source.standby();
    source.run(
        "app",
        "CREATE TABLE later AS SELECT n FROM generate_series(1, 5000) n; CREATE INDEX ON later (n)",
    );
    standby.caught_up(&source);
    (source, standby)
}

fn following() -> Vec<Case> {
    vec![
        sound("fault_f8 a standby, captured while it followed", &[Fix::Standby], |_| {
            let (_source, standby) = pair();
            prepare(standby.capture())
        }),
        sound("a standby that took its source's place", &[], |_| {
            let (_source, standby) = pair();
            standby.run("postgres", "SELECT pg_promote()");
            standby.run("app", "CREATE TABLE last AS SELECT n FROM generate_series(1, 5000) n");
            prepare(standby.capture())
        }),
    ]
}

fn limited() -> Vec<Case> {
    vec![
        sound("limits of a host with much more memory", &[], |_| {
            let config =
                "max_connections = 1000\nmax_locks_per_transaction = 3000\nmax_worker_processes = 200\n";
            prepare(Source::initialised(&[], "postgres", config).capture())
        }),
        sound("rows whose change was undone, frozen and not", &[], |_| {
            on(
                &Source::new(),
                &[
                    "CREATE TABLE t AS SELECT n, md5(n::text) AS t FROM generate_series(1, 5000) n",
                    "BEGIN; UPDATE t SET n = n; ROLLBACK",
                    "VACUUM FREEZE t",
                    "INSERT INTO t SELECT n, 'x' FROM generate_series(1, 5000) n",
                    "BEGIN; UPDATE t SET n = n; ROLLBACK",
                    "SELECT count(*) FROM t",
                ],
            )
        }),
    ]
}
