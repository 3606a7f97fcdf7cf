//! Copies of hosts that were used or configured in odd ways: sound all the same.

use crate::{
    case::{Case, prepare, sound},
    damage::{self, PAGE},
    source::Source,
    support::{MAJOR, Prepared},
};
use std::{
    fs::{self, OpenOptions},
    path::Path,
};

/// A host on which `statements` ran in its database one after the other, captured while it runs.
fn after(statements: &[&str]) -> Prepared {
    on(&Source::new(), statements)
}

fn on(source: &Source, statements: &[&str]) -> Prepared {
    for statement in statements {
        source.run("app", statement);
    }
    prepare(source.capture())
}

/// All of them.
pub(crate) fn cases() -> Vec<Case> {
    [roles(), databases(), encoded(), stored(), left_behind(), lacking()].concat()
}

fn roles() -> Vec<Case> {
    vec![
        sound("fault_f13 a superuser that becomes somebody else", |_| {
            after(&["CREATE ROLE clerk; ALTER ROLE postgres SET role = 'clerk'"])
        }),
        sound("fault_f13 a cluster whose superusers may not log in", |_| {
            after(&["ALTER ROLE postgres NOLOGIN"])
        }),
        sound("fault_f13 the same with checksums", |_| {
            on(&Source::initialised(&["--data-checksums"], "postgres", ""), &["ALTER ROLE postgres NOLOGIN"])
        }),
        sound("settings of roles and databases that would end or starve us", |_| {
            after(&[
                "ALTER DATABASE app SET lock_timeout = 1; ALTER ROLE ALL SET maintenance_work_mem = '2000GB';
                 ALTER ROLE postgres SET exit_on_error = on; ALTER DATABASE app SET temp_tablespaces = 'absent';
                 ALTER DATABASE app SET default_transaction_isolation = 'serializable';
                 ALTER DATABASE app SET default_transaction_deferrable = on;
                 ALTER DATABASE app SET search_path = 'trap'; ALTER DATABASE app SET row_security = on",
                "DO $$ BEGIN
                     IF current_setting('server_version_num')::int >= 140000 THEN
                         ALTER DATABASE app SET idle_session_timeout = 1;
                     END IF;
                     IF current_setting('server_version_num')::int >= 170000 THEN
                         ALTER DATABASE app SET transaction_timeout = 1;
                     END IF;
                 END $$",
            ])
        }),
        sound("fault_f14 event triggers that fire always", |_| {
            after(&["CREATE FUNCTION no() RETURNS event_trigger LANGUAGE plpgsql
                     AS $$ BEGIN RAISE 'no %', tg_tag; END $$;
                 CREATE EVENT TRIGGER no ON ddl_command_start EXECUTE FUNCTION no();
                 ALTER EVENT TRIGGER no ENABLE ALWAYS;
                 CREATE EVENT TRIGGER no_more ON sql_drop EXECUTE FUNCTION no();
                 ALTER EVENT TRIGGER no_more ENABLE REPLICA"])
        }),
        sound("fault_f14 rows that policies hide from their owner", |_| {
            after(&[
                "ALTER TABLE accounts ENABLE ROW LEVEL SECURITY; ALTER TABLE accounts FORCE ROW LEVEL SECURITY",
            ])
        }),
    ]
}

fn databases() -> Vec<Case> {
    vec![
        sound("a database that takes no sessions", |_| {
            let source = Source::new();
            source.run("postgres", "ALTER DATABASE app ALLOW_CONNECTIONS false");
            prepare(source.capture())
        }),
        sound("a database with no connections to spare", |_| {
            after(&["ALTER DATABASE app CONNECTION LIMIT 0"])
        }),
        sound("a database that others are made from", |_| after(&["ALTER DATABASE app IS_TEMPLATE true"])),
        sound("nothing but large objects", |_| {
            after(&["DROP TABLE accounts; SELECT lo_from_bytea(0, repeat('x', 100000)::bytea)"])
        }),
        sound("empty databases beside a full one, template1 and postgres dropped", |_| {
            let source = Source::new();
            source.run("app", "CREATE DATABASE empty");
            source.run("app", "DROP DATABASE postgres");
            source.run("app", "CREATE TABLE none (n int)");
            prepare(source.capture())
        }),
    ]
}

fn encoded() -> Vec<Case> {
    vec![
        sound("text and names in no encoding", |_| {
            on(
                &Source::initialised(&["-E", "SQL_ASCII", "--locale", "C"], "postgres", ""),
                &["CREATE TABLE notes AS SELECT E'gr\\xf6\\xdfe'::text AS note FROM generate_series(1, 100);
                   CREATE INDEX ON notes (note);
                   DO $$ BEGIN
                       EXECUTE format('CREATE TABLE %I (%I text PRIMARY KEY)', E'gr\\xf6\\xdfe', E'\\xe4');
                   END $$"],
            )
        }),
        sound("characters that Unicode lacks", |_| {
            on(
                &Source::initialised(&["-E", "WIN1252", "--locale", "C"], "postgres", ""),
                &["CREATE TABLE notes AS SELECT E'\\x81\\x8d' || n AS note FROM generate_series(1, 100) n;
                   CREATE INDEX ON notes (note)"],
            )
        }),
    ]
}

fn stored() -> Vec<Case> {
    vec![
        sound("every kind of index, after updates and deletes", |_| {
            after(&[
                "CREATE TABLE k (n int, t text, a int[], b box, r int4range, at timestamptz, u uuid, num numeric);
                 INSERT INTO k SELECT n, md5(n::text), ARRAY[n, n % 7], box(point(n, n), point(n + 1, n + 2)),
                     int4range(n, n + 5), 'epoch'::timestamptz + n * interval '1 h', md5(n::text)::uuid, n / 3.0
                     FROM generate_series(1, 6000) n;
                 CREATE INDEX ON k USING gin (a); CREATE INDEX ON k USING gist (b); CREATE INDEX ON k USING spgist (t);
                 CREATE INDEX ON k USING spgist (r); CREATE INDEX ON k USING gist (r); CREATE INDEX ON k USING brin (at);
                 CREATE INDEX ON k USING hash (t); CREATE INDEX ON k (n) INCLUDE (t); CREATE INDEX ON k (t) WHERE n % 3 = 0;
                 CREATE INDEX ON k (lower(t) DESC NULLS LAST, num); CREATE UNIQUE INDEX ON k (u);
                 CREATE INDEX few ON k ((n % 3))",
                "UPDATE k SET n = n + 1, t = md5(t) WHERE n % 2 = 0; DELETE FROM k WHERE n % 5 = 0",
                "VACUUM k",
                "UPDATE k SET a = a || 9 WHERE n % 11 = 0; INSERT INTO k SELECT * FROM k WHERE false",
                "ROLLBACK",
            ])
        }),
        sound("an index whose rows an extension brought", |_| {
            after(&[
                "CREATE EXTENSION bloom; CREATE EXTENSION btree_gin; CREATE EXTENSION btree_gist; CREATE EXTENSION pg_trgm;
                 CREATE EXTENSION citext; CREATE EXTENSION hstore",
                "CREATE TABLE k AS SELECT n, n % 50 AS m, md5(n::text) AS t, md5(n::text)::citext AS c,
                     hstore('a', n::text) AS h FROM generate_series(1, 3000) n;
                 CREATE INDEX ON k USING bloom (n, m); CREATE INDEX ON k USING gin (m); CREATE INDEX ON k USING gin (t gin_trgm_ops);
                 CREATE INDEX ON k (c); CREATE INDEX ON k USING gin (h);
                 ALTER TABLE k ADD EXCLUDE USING gist (n WITH =, m WITH <>)",
                "DELETE FROM k WHERE n % 3 = 0",
            ])
        }),
        sound("tables of every shape", |_| {
            after(&[
                "DO $$ BEGIN EXECUTE 'CREATE TABLE wide (' ||
                     (SELECT string_agg('c' || n || ' bool', ', ') FROM generate_series(1, 1600) n) || ')'; END $$;
                 INSERT INTO wide DEFAULT VALUES;
                 CREATE TYPE mood AS ENUM ('sad', 'glad'); CREATE DOMAIN positive AS int CHECK (VALUE > 0);
                 CREATE TYPE pair AS (a int, b text);
                 CREATE TABLE shapes (id int GENERATED ALWAYS AS IDENTITY, m mood, p positive, q pair, qs pair[], gone text);
                 INSERT INTO shapes (m, p, q, qs, gone) SELECT 'glad'::mood, n, ROW(n, 'x')::pair, ARRAY[ROW(n, 'y')::pair], 'y'
                     FROM generate_series(1, 500) n;
                 ALTER TABLE shapes DROP COLUMN gone; ALTER TABLE shapes ADD COLUMN later text DEFAULT 'z' NOT NULL;
                 CREATE TABLE parent (n int); CREATE TABLE child (t text) INHERITS (parent);
                 INSERT INTO child VALUES (1, 'a'); CREATE TABLE long (j jsonb, b bytea);
                 INSERT INTO long SELECT jsonb_build_object('k', repeat(md5(n::text), 2000)),
                     decode(repeat(md5(n::text), 300), 'hex') FROM generate_series(1, 20) n",
                "CREATE VIEW v AS SELECT 1 / 0 AS boom; CREATE TABLE g (n int, h int GENERATED ALWAYS AS (n * 2) STORED);
                 INSERT INTO g VALUES (1); CREATE TABLE o OF pair; INSERT INTO o VALUES (1, 'x')",
            ])
        }),
        sound("columns that are computed when they are read, and cannot be", |_| {
            after(&["DO $$ BEGIN
                IF current_setting('server_version_num')::int >= 180000 THEN
                    EXECUTE 'CREATE TABLE g (n int, h int GENERATED ALWAYS AS (10 / n) VIRTUAL)';
                    INSERT INTO g VALUES (0);
                END IF;
            END $$"])
        }),
        sound("rows locked by several, frozen, and copied in frozen", |_| {
            after(&[
                "CREATE TABLE parent (id int PRIMARY KEY); INSERT INTO parent SELECT generate_series(1, 300);
                 CREATE TABLE child (id int REFERENCES parent)",
                "BEGIN; SELECT * FROM parent FOR KEY SHARE; SAVEPOINT s; SELECT * FROM parent FOR SHARE;
                 SAVEPOINT t; UPDATE parent SET id = id WHERE id < 100; COMMIT",
                "INSERT INTO child SELECT generate_series(1, 300)",
                "VACUUM (FREEZE) accounts",
                "BEGIN; CREATE TABLE cold (n int); COPY cold FROM PROGRAM 'seq 1 5000' WITH (FREEZE); COMMIT",
                "DELETE FROM cold WHERE n > 4000; UPDATE cold SET n = n WHERE n = 5",
                "VACUUM cold",
                "DELETE FROM cold WHERE n < 10",
            ])
        }),
        sound("indexes that failed to be built", |_| {
            let source = Source::new();
            source.run("app", "CREATE TABLE twice AS SELECT n % 10 AS n FROM generate_series(1, 100) n");
            source.run("app", "CREATE INDEX half ON accounts (balance)");
            let failed = source.attempt("app", "CREATE UNIQUE INDEX CONCURRENTLY twice_n ON twice (n)");
            assert!(failed.unwrap_err().contains("could not create unique index"));
            source.run("app", "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'half'::regclass");
            prepare(source.capture())
        }),
        sound("a table that a transaction in doubt has locked", |_| {
            let source = Source::initialised(&[], "postgres", "max_prepared_transactions = 3\n");
            source.run(
                "app",
                "CREATE TABLE t AS SELECT n FROM generate_series(1, 5000) n; CREATE INDEX t_n ON t (n);
                 BEGIN; ALTER TABLE t ADD COLUMN m int; CREATE INDEX ON t (m); PREPARE TRANSACTION 'doubt'",
            );
            prepare(source.capture())
        }),
        sound("a bulk load without a log, made durable at its end", |_| {
            let source = Source::initialised(&[], "postgres", "wal_level = minimal\nmax_wal_senders = 0\n");
            source.run(
                "app",
                "BEGIN; CREATE TABLE t (n int PRIMARY KEY, t text);
                 INSERT INTO t SELECT n, repeat('x', 300) FROM generate_series(1, 20000) n;
                 CREATE INDEX ON t USING gist (box(point(n, n), point(n, n))); COMMIT",
            );
            prepare(source.capture())
        }),
    ]
}

fn grow(file: &Path, bytes: u64) {
    let length = fs::metadata(file).unwrap().len();
    OpenOptions::new().write(true).open(file).unwrap().set_len(length + bytes).unwrap();
}

/// What a server's crash leaves in a database's directory, and what people do.
fn litter(directory: &Path, data: &Path) {
    for (name, length) in
        [("t3_16999", 12000), ("99990", 8192 * 2 + 100), ("99991.bak", 300), (".DS_Store", 600)]
    {
        fs::write(directory.join(name), vec![0xa5; length]).unwrap();
    }
    fs::write(directory.join("pg_internal.init"), "stale").unwrap();
    fs::write(data.join("global/pg_internal.init"), "stale").unwrap();
    fs::create_dir_all(data.join("base/pgsql_tmp")).unwrap();
    fs::write(data.join("base/pgsql_tmp/pgsql_tmp123.0"), "x").unwrap();
    fs::write(data.join("core"), "x").unwrap();
    for path in ["base/pgsql_tmp", "base/pgsql_tmp/pgsql_tmp123.0"] {
        crate::support::give(&data.join(path));
    }
    for entry in fs::read_dir(directory).unwrap().flatten() {
        crate::support::give(&entry.path());
    }
}

fn left_behind() -> Vec<Case> {
    vec![
        sound("files of nobody, temporary files, and what people leave", |hosts| {
            let host = hosts.plain();
            prepare(host.damaged(|data| litter(&data.join(host.directory()), data)))
        }),
        sound("the same with checksums", |hosts| {
            let host = hosts.checksummed();
            prepare(host.damaged(|data| litter(&data.join(host.directory()), data)))
        }),
        sound("tables and their maps that had grown and were not written yet", |hosts| {
            let host = hosts.plain();
            prepare(host.damaged(|data| {
                for relation in ["notes", "accounts", "tagged_hash"] {
                    grow(&data.join(host.file(relation)), 5 * PAGE);
                }
            }))
        }),
        sound("free space maps are missing or stale", |hosts| {
            let host = hosts.plain();
            prepare(host.damaged(|data| {
                let fork = |relation: &str| data.join(format!("{}_fsm", host.file(relation).display()));
                damage::remove(&fork("tagged"));
                fs::copy(fork("pg_proc"), fork("plain")).unwrap();
            }))
        }),
        sound("slots and subscriptions", |_| {
            let source = Source::initialised(&[], "postgres", "wal_level = logical\n");
            on(
                &source,
                &[
                    "SELECT pg_create_logical_replication_slot('slot', 'pgoutput')",
                    "SELECT pg_create_physical_replication_slot('standby', true)",
                    "CREATE PUBLICATION p FOR ALL TABLES",
                    "CREATE SUBSCRIPTION s CONNECTION 'host=192.0.2.1' PUBLICATION p WITH (connect = false)",
                    "ALTER SUBSCRIPTION s ENABLE",
                    "CREATE EXTENSION postgres_fdw; CREATE SERVER far FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '192.0.2.1');
                     CREATE USER MAPPING FOR PUBLIC SERVER far; CREATE FOREIGN TABLE f (n int) SERVER far",
                ],
            )
        }),
    ]
}

fn lacking() -> Vec<Case> {
    vec![
        sound("an extension whose library is not here", |_| {
            // from 18 on, a server asks every kind of index that knows an operator before it plans a query with it
            let bloom = if *MAJOR < 18 {
                "CREATE EXTENSION bloom; CREATE INDEX ON k USING bloom (n)"
            } else {
                "SELECT 1"
            };
            after(&[
                "CREATE EXTENSION citext; CREATE EXTENSION hstore;
                 CREATE TABLE k AS SELECT n, md5(n::text)::citext AS c, hstore('a', n::text) AS h FROM generate_series(1, 500) n;
                 CREATE INDEX ON k (c); CREATE INDEX ON k (h); CREATE INDEX ON k USING gin (h)",
                bloom,
                "UPDATE pg_proc SET probin = '$libdir/absent' WHERE probin IN ('$libdir/citext', '$libdir/hstore', '$libdir/bloom')",
            ])
        }),
        sound("a library that lacks functions of the extension", |_| {
            after(&[
                "CREATE EXTENSION hstore;
                 CREATE TABLE k AS SELECT n, hstore('a', n::text) AS h FROM generate_series(1, 500) n; CREATE INDEX ON k (h)",
                "UPDATE pg_proc SET prosrc = prosrc || '_later' WHERE probin = '$libdir/hstore'",
            ])
        }),
        sound("a language that is not here", |_| {
            after(&["CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN 1; END $$;
                 CREATE TABLE k (n int DEFAULT f()); INSERT INTO k DEFAULT VALUES;
                 UPDATE pg_proc SET probin = '$libdir/absent' WHERE probin = '$libdir/plpgsql'"])
        }),
    ]
}
