//! What there is to read in a database.
//!
//! Input: a session. Output: every relation that stores rows, with the statement that reads it and its size.
//! Must not: quote a name here, or leave out system catalogs.

use crate::text::printable;
use std::fmt;
use tokio_postgres::{Client, Error};

const TABLES: &str = include_str!("../../sql/full_read_tables.sql");
const ENCODING: &str = include_str!("../../sql/has_text_encoding.sql");

/// A table, matview or sequence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Table {
    /// Schema and name, for people.
    name: String,
    /// Reads it.
    pub(super) statement: String,
    /// Its size with its TOAST.
    pub(super) bytes: u64,
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&printable(self.name.as_bytes()))
    }
}

/// All of them.
pub(super) async fn list(client: &Client) -> Result<Vec<Table>, Error> {
    let rows = client.query(TABLES, &[]).await?;
    let table = |row: &tokio_postgres::Row| {
        let bytes = u64::try_from(row.try_get::<_, i64>(2)?).unwrap_or_default();
        Ok(Table { name: row.try_get(0)?, statement: row.try_get(1)?, bytes })
    };
    rows.iter().map(table).collect()
}

/// Whether what the server sends as text has to be valid UTF-8.
pub(super) async fn has_text_encoding(client: &Client) -> Result<bool, Error> {
    client.query_one(ENCODING, &[]).await?.try_get(0)
}
