//! Copies that are sound, whatever their hosts were like, and the repairs a truthful report tells of.

use crate::{
    case::{Case, Truth, prepare, sound},
    hosts::Hosts,
    source::Source,
    support::{Prepared, Volume},
};
use contract::pods::Fix;
use std::{fs, path::Path};

/// A host on which `statements` ran in its database, captured while it runs.
fn after(statements: &str) -> Prepared {
    let source = Source::new();
    source.run("app", statements);
    prepare(source.capture())
}

/// A running host's copy to which something was done that does no harm.
fn with(hosts: &Hosts, change: impl FnOnce(&Path)) -> Prepared {
    prepare(hosts.plain().damaged(change))
}

/// A host whose databases have a locale that no image has, as those on Windows do.
fn on_windows(initdb: &[&str], databases: &str) -> Prepared {
    let source = Source::initialised(initdb, "postgres", "");
    let locale = "'English_Australia.1252'";
    source.run(
        "app",
        &format!("UPDATE pg_database SET datcollate = {locale}, datctype = {locale} WHERE {databases}"),
    );
    prepare(source.capture())
}

fn crlf(path: &Path) {
    let text = fs::read_to_string(path).unwrap();
    fs::write(path, text.replace('\n', "\r\n")).unwrap();
}

/// All of them.
pub(crate) fn cases() -> Vec<Case> {
    [captured(), left_behind(), configured(), foreign(), named(), hostile()].concat()
}

fn captured() -> Vec<Case> {
    vec![
        sound("captured while it ran", |hosts| with(hosts, |_| ())),
        sound("captured while it ran, with checksums", |hosts| prepare(hosts.checksummed().damaged(|_| ()))),
        sound("captured amid writes, with dead rows and an open transaction", |_| {
            let source = Source::new();
            source.run(
                "app",
                "UPDATE accounts SET balance = balance + 1; DELETE FROM accounts WHERE id % 3 = 0",
            );
            source.run(
                "app",
                "BEGIN; INSERT INTO accounts SELECT n, 'lost', 0 FROM generate_series(30001, 40000) n",
            );
            prepare(source.capture())
        }),
        sound("captured after a bulk load that was not committed", |_| {
            after(
                "CREATE TABLE t (n int PRIMARY KEY, t text); BEGIN; INSERT INTO t SELECT n, repeat('x', 500) FROM generate_series(1, 20000) n",
            )
        }),
        sound("captured after all rows were deleted and vacuumed in part", |_| {
            let source = Source::new();
            source.run("app", "CREATE TABLE t AS SELECT n, md5(n::text) FROM generate_series(1, 9000) n; CREATE INDEX ON t (n)");
            source.run("app", "DELETE FROM t WHERE n < 8999");
            source.run("app", "VACUUM t");
            prepare(source.capture())
        }),
        sound("shut down", |_| prepare(Source::new().shut_down())),
        sound("base backup with its label", |_| prepare(Source::new().base_backup())),
        sound("base backup whose label has carriage returns", |_| {
            let captured = Source::new().base_backup();
            crlf(&captured.path().join("backup_label"));
            prepare(captured)
        }),
    ]
}

fn left_behind() -> Vec<Case> {
    vec![
        sound("fault_f8 lock files of processes that are alive here", |hosts| {
            with(hosts, |data| {
                fs::write(data.join("postmaster.pid"), "1\n/data\n1\n5432\n/run\n\n 1 2\nready   \n")
                    .unwrap();
                fs::write(data.join("postmaster.opts"), "/usr/bin/postgres\n").unwrap();
            })
        }),
        sound("empty directories are missing", |hosts| {
            with(hosts, |data| {
                for name in
                    ["pg_notify", "pg_stat_tmp", "pg_tblspc", "pg_twophase", "pg_commit_ts", "pg_snapshots"]
                {
                    fs::remove_dir_all(data.join(name)).unwrap();
                }
            })
        }),
        sound("fault_f3 a version with a carriage return", |hosts| {
            with(hosts, |data| crlf(&data.join("PG_VERSION")))
        }),
        Case {
            name: "fault_f8 a standby",
            truth: Truth::Sound(&[Fix::Standby]),
            prepared: |hosts| {
                with(hosts, |data| {
                    fs::write(data.join("standby.signal"), "").unwrap();
                    let settings = "primary_conninfo = 'host=192.0.2.1'\nrestore_command = 'false'\n";
                    fs::write(data.join("postgresql.auto.conf"), settings).unwrap();
                })
            },
        },
    ]
}

fn configured() -> Vec<Case> {
    vec![
        sound("fault_f7 configuration that names what is not here", |hosts| {
            with(hosts, |data| {
                let hostile = "shared_preload_libraries = 'absent'\ninclude '/etc/absent.conf'\nssl = on\n\
                     data_directory = '/absent'\nhba_file = '/etc/hba'\nshared_buffers = '900GB'\n\
                     lc_messages = 'English_Australia.1252'\nlog_directory = 'D:\\\\log'\n";
                for name in ["postgresql.conf", "postgresql.auto.conf"] {
                    fs::write(data.join(name), hostile.replace('\n', "\r\n")).unwrap();
                }
            })
        }),
        sound("no configuration at all", |hosts| {
            with(hosts, |data| {
                for name in ["postgresql.conf", "postgresql.auto.conf", "pg_hba.conf", "pg_ident.conf"] {
                    fs::remove_file(data.join(name)).unwrap();
                }
            })
        }),
        sound("a transaction in doubt", |_| {
            let source = Source::initialised(&[], "postgres", "max_prepared_transactions = 3\n");
            source.run(
                "app",
                "BEGIN; UPDATE accounts SET balance = 0 WHERE id = 5; PREPARE TRANSACTION 'doubt'",
            );
            prepare(source.capture())
        }),
        sound("unlogged, partitioned and generated", |_| {
            after(
                "CREATE UNLOGGED TABLE u AS SELECT n FROM generate_series(1, 5000) n;
                 CREATE TABLE p (n int, t text) PARTITION BY RANGE (n);
                 CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (500);
                 CREATE TABLE p2 PARTITION OF p DEFAULT;
                 INSERT INTO p SELECT n, md5(n::text) FROM generate_series(1, 1000) n; CREATE INDEX ON p (t);
                 CREATE TABLE g (n int, double int GENERATED ALWAYS AS (n * 2) STORED);
                 INSERT INTO g SELECT n FROM generate_series(1, 100) n; CREATE TABLE none ();
                 CREATE MATERIALIZED VIEW later AS SELECT 1 AS n WITH NO DATA",
            )
        }),
    ]
}

fn foreign() -> Vec<Case> {
    let repaired = |name, fixes, prepared| Case { name, truth: Truth::Sound(fixes), prepared };
    vec![
        repaired("fault_f6 a locale of Windows", &[Fix::Locale, Fix::Reindex], |_| on_windows(&[], "true")),
        repaired("fault_f6 a locale of Windows, with checksums", &[Fix::Locale, Fix::Reindex], |_| {
            on_windows(&["--data-checksums"], "true")
        }),
        repaired("fault_f6 a locale of Windows in one database", &[Fix::Locale, Fix::Reindex], |_| {
            on_windows(&[], "datname = 'app'")
        }),
        repaired("fault_f6 a column in an order of Windows", &[Fix::Locale, Fix::Reindex], |_| {
            after(
                "CREATE COLLATION theirs (provider = libc, locale = 'C.UTF-8');
                 CREATE TABLE words AS SELECT md5(n::text) COLLATE theirs AS word FROM generate_series(1, 500) n;
                 CREATE INDEX ON words (word);
                 UPDATE pg_collation SET collcollate = 'English_Australia.1252', collctype = 'English_Australia.1252'
                     WHERE collname = 'theirs'",
            )
        }),
        repaired("an order of another version of ICU", &[Fix::Reindex], |_| {
            reordered("UPDATE pg_collation SET collversion = '1.0' WHERE collname = 'ours'")
        }),
        repaired("text in the order of another version of ICU", &[Fix::Reindex], |_| {
            reordered(&format!(
                "{OTHER_ORDER}; UPDATE pg_collation SET collversion = '1.0' WHERE collname = 'ours'"
            ))
        }),
    ]
}

/// Lower-case letters first, where they came last.
pub(crate) const OTHER_ORDER: &str = include_str!("sql/other_order.sql");

/// A host with an index in an order of its own, which is then changed by `statements`.
pub(crate) fn reordered(statements: &str) -> Prepared {
    after(&format!("{} {statements}", include_str!("sql/words.sql")))
}

fn named() -> Vec<Case> {
    vec![
        sound("fault_f13 a bootstrap superuser of another name", |_| {
            prepare(Source::initialised(&[], "Großer Meister", "").capture())
        }),
        sound("fault_f13 superusers whose table was rewritten", |_| {
            let source = Source::initialised(&[], "root of all", "");
            source.run("app", "VACUUM FULL pg_authid");
            prepare(source.capture())
        }),
        sound("thirty databases", |_| {
            let source = Source::new();
            for number in 1..=28 {
                source.run("postgres", &format!("CREATE DATABASE \"tenant {number}\""));
            }
            let settings = [("PGRO_MEMORY_BYTES", "1073741824")];
            Volume::of(source.capture()).prepare_with(&settings)
        }),
        sound("a database whose removal was interrupted", |_| {
            let source = Source::new();
            source.run("postgres", "CREATE DATABASE half");
            source.run("postgres", "UPDATE pg_database SET datconnlimit = -2 WHERE datname = 'half'");
            prepare(source.capture())
        }),
    ]
}

fn hostile() -> Vec<Case> {
    vec![
        sound("fault_f14 event triggers and settings that stand in the way", |_| {
            after(
                "CREATE FUNCTION no() RETURNS event_trigger LANGUAGE plpgsql
                     AS $$ BEGIN RAISE 'no %', tg_tag; END $$;
                 CREATE SCHEMA trap;
                 CREATE FUNCTION trap.current_setting(text) RETURNS text LANGUAGE sql AS $$ SELECT 'trapped' $$;
                 ALTER DATABASE app SET default_transaction_read_only = on;
                 ALTER DATABASE app SET statement_timeout = 1;
                 ALTER DATABASE app SET session_preload_libraries = 'absent';
                 UPDATE pg_db_role_setting SET setconfig = setconfig || '{lc_messages=English_Australia.1252}'::text[];
                 ALTER ROLE postgres SET search_path = trap, pg_catalog;
                 CREATE EVENT TRIGGER no ON ddl_command_start EXECUTE FUNCTION no()",
            )
        }),
        sound("fault_f14 an index on a function that raises", |_| {
            after(
                "CREATE FUNCTION odd(n int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN RETURN n; END $$;
                 CREATE INDEX ON accounts (odd(id));
                 CREATE OR REPLACE FUNCTION odd(n int) RETURNS int IMMUTABLE LANGUAGE plpgsql
                     AS $$ BEGIN RAISE 'no'; END $$",
            )
        }),
        sound("fault_f14 a function that only looks like amcheck's", |_| {
            after(
                "CREATE FUNCTION bt_index_check(index regclass, heapallindexed boolean) RETURNS void
                     LANGUAGE plpgsql AS $$ BEGIN RAISE 'impostor'; END $$",
            )
        }),
    ]
}
