//! What there is to read in a database.
//!
//! Input: a session. Output: every relation that stores rows, with the statement that reads it and its size.
//! Must not: quote a name here, or leave out system catalogs.

use crate::{prepare::session::Text, text::printable};
use std::fmt;
use tokio_postgres::{Client, Error};

const TABLES: &str = include_str!("../../sql/full_read_tables.sql");
/// Text as it is stored.
pub(super) const AS_STORED: &str = include_str!("../../sql/encoding_as_stored.sql");
/// Text as Unicode.
pub(super) const UNICODE: &str = "SET client_encoding = 'UTF8'";
const ENCODING: &str = include_str!("../../sql/has_text_encoding.sql");

/// How a relation is read, if it can be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Reading {
    /// By this statement.
    By(String),
    /// Not before somebody decides a transaction in doubt.
    Locked,
    /// Its name is in no encoding, and our statements are in UTF-8.
    Unspeakable,
}

/// A table, matview or sequence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Table {
    /// Schema and name, for people.
    name: String,
    /// How it is read.
    pub(super) reading: Reading,
    /// Its size with its TOAST.
    pub(super) bytes: u64,
    /// Which of its columns are decimal numbers; the first is 1.
    pub(super) decimals: Vec<usize>,
    /// Whether its rows are a user's.
    pub(super) is_users: bool,
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
        let name = row.try_get::<_, Text>(0)?.shown();
        let reading = match (row.try_get(3)?, row.try_get(1)?) {
            (true, _) => Reading::Locked,
            (false, Text::Valid(statement)) => Reading::By(statement),
            (false, Text::Invalid(_)) => Reading::Unspeakable,
        };
        let decimals: Option<Vec<i32>> = row.try_get(4)?;
        let decimals = decimals.into_iter().flatten().filter_map(|n| usize::try_from(n).ok()).collect();
        Ok(Table { name, reading, bytes, decimals, is_users: row.try_get(5)? })
    };
    rows.iter().map(table).collect()
}

/// Has the server send text as it is stored, or in UTF-8.
pub(super) async fn set_encoding(client: &Client, statement: &str) -> Result<(), Error> {
    client.batch_execute(statement).await
}

/// Whether what the server sends as text has to be valid UTF-8.
pub(super) async fn has_text_encoding(client: &Client) -> Result<bool, Error> {
    client.query_one(ENCODING, &[]).await?.try_get(0)
}
