//! What there is to check in a database.
//!
//! Input: a session. Output: btree indexes and heaps with their sizes. Must not: leave out system
//! catalogs, without which nothing else can be read.

use crate::{prepare::session::Text, text::printable};
use std::fmt;
use tokio_postgres::{Client, Error};

const RELATIONS: &str = include_str!("../../sql/amcheck_relations.sql");

/// How it is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// `bt_index_check`.
    Btree {
        /// Whether each row of the table is looked for in it. Not where that would run a function of the source, which
        /// a backup's author chose and which may do anything, or raise an error of its own.
        with_rows: bool,
    },
    /// `verify_heapam`.
    Heap,
}

/// One index or heap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Relation {
    /// Its object id.
    pub(super) oid: u32,
    /// Schema and name, for people.
    pub(super) name: String,
    /// How it is checked.
    pub(super) kind: Kind,
    /// Length of its file.
    pub(super) bytes: u64,
    /// Whether a transaction in doubt keeps everybody from it.
    pub(super) locked: bool,
}

impl fmt::Display for Relation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&printable(self.name.as_bytes()))
    }
}

/// All of them; heaps only where there is a check for them.
pub(super) async fn list(client: &Client, heaps: bool) -> Result<Vec<Relation>, Error> {
    let rows = client.query(RELATIONS, &[&heaps]).await?;
    rows.iter().map(relation).collect()
}

fn relation(row: &tokio_postgres::Row) -> Result<Relation, Error> {
    let with_rows = row.try_get(3)?;
    let kind = if row.try_get(2)? { Kind::Btree { with_rows } } else { Kind::Heap };
    let bytes = u64::try_from(row.try_get::<_, i64>(4)?).unwrap_or_default();
    let name = row.try_get::<_, Text>(1)?.shown();
    Ok(Relation { oid: row.try_get(0)?, name, kind, bytes, locked: row.try_get(5)? })
}
