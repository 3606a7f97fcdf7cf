//! The servers whose copies are damaged; each is made once, and captured once.

use crate::source::{Captured, Source};
use std::{
    path::{Path, PathBuf},
    sync::OnceLock,
};

/// Tables of every kind of storage. What is not vacuumed has no size in the catalog to be held against.
const SCHEMA: &str = "
    CREATE TABLE notes AS SELECT repeat(md5(n::text), 10) AS note FROM generate_series(1, 400) n;
    CREATE TABLE plain (n int, t text);
    INSERT INTO plain SELECT n, md5(n::text) FROM generate_series(1, 5000) n;
    CREATE TABLE documents (id int PRIMARY KEY, body text);
    ALTER TABLE documents ALTER body SET STORAGE EXTERNAL;
    INSERT INTO documents SELECT n, repeat(md5(n::text), 200) FROM generate_series(1, 50) n;
    CREATE TABLE amounts (id int, amount numeric);
    INSERT INTO amounts SELECT n, n * 1.25 FROM generate_series(1, 5000) n;
    CREATE TABLE tagged (id int, tags text[], area box, at timestamptz);
    INSERT INTO tagged SELECT n, ARRAY[md5(n::text), 'x'], box(point(n, n), point(n + 1, n + 1)), 'epoch'
        FROM generate_series(1, 3000) n;
    CREATE INDEX tagged_gin ON tagged USING gin (tags);
    CREATE INDEX tagged_gist ON tagged USING gist (area);
    CREATE INDEX tagged_brin ON tagged USING brin (id);
    CREATE INDEX tagged_hash ON tagged USING hash (id);
    CREATE INDEX tagged_spgist ON tagged USING spgist (area);
    CREATE SEQUENCE counter;
    CREATE MATERIALIZED VIEW summary AS SELECT owner, balance FROM accounts WHERE id < 3000;
    VACUUM ANALYZE plain; VACUUM ANALYZE tagged;
";
/// Names of relations whose files fixtures damage.
const NAMED: [&str; 19] = [
    "accounts",
    "accounts_pkey",
    "accounts_owner",
    "notes",
    "plain",
    "documents",
    "documents_pkey",
    "amounts",
    "tagged",
    "tagged_gin",
    "tagged_gist",
    "tagged_brin",
    "tagged_hash",
    "tagged_spgist",
    "counter",
    "summary",
    "pg_class_oid_index",
    "pg_proc",
    "pg_attribute",
];

/// Captured files and where in them the relations are.
pub(crate) struct Host {
    captured: Captured,
    files: Vec<(&'static str, PathBuf)>,
    toast: PathBuf,
    directory: PathBuf,
}

/// Made when they are first asked for.
#[derive(Default)]
pub(crate) struct Hosts {
    plain: OnceLock<Host>,
    checksummed: OnceLock<Host>,
}

impl Hosts {
    /// Without checksums, which is what servers before 18 have.
    pub(crate) fn plain(&self) -> &Host {
        self.plain.get_or_init(|| Host::of(&Source::new()))
    }

    /// With checksums.
    pub(crate) fn checksummed(&self) -> &Host {
        self.checksummed.get_or_init(|| Host::of(&Source::initialised(&["--data-checksums"], "postgres", "")))
    }
}

impl Host {
    fn of(source: &Source) -> Self {
        for statement in SCHEMA.split(';').filter(|statement| !statement.trim().is_empty()) {
            source.run("app", statement);
        }
        let files = NAMED.map(|name| (name, source.file_of("app", name)));
        let toast = "SELECT pg_relation_filepath(reltoastrelid) FROM pg_class WHERE relname = 'documents'";
        let directory = "SELECT 'base/' || oid FROM pg_database WHERE datname = 'app'";
        Self {
            files: files.into(),
            toast: source.ask("app", toast).unwrap().into(),
            directory: source.ask("app", directory).unwrap().into(),
            captured: source.capture(),
        }
    }

    /// A copy with one defect, made by this function of the data directory.
    pub(crate) fn damaged(&self, damage: impl FnOnce(&Path)) -> Captured {
        let copy = self.captured.copied();
        damage(&copy.path());
        copy
    }

    /// The first file of this relation, relative to the data directory.
    pub(crate) fn file(&self, relation: &str) -> &Path {
        &self.files.iter().find(|(name, _)| *name == relation).unwrap().1
    }

    /// The first file of the values that `documents` stores elsewhere.
    pub(crate) fn toast(&self) -> &Path {
        &self.toast
    }

    /// The directory of database `app`.
    pub(crate) fn directory(&self) -> &Path {
        &self.directory
    }
}
