//! Indexes whose text is in an order of another C library or ICU, or of a locale that was mapped.
//!
//! Input: sessions, the databases whose locale was mapped. Output: these indexes, and later the same rebuilt, with the
//! versions of this image recorded. Must not: record a version before every index that follows it was rebuilt, or touch
//! an index before the tables were checked: a rebuild can succeed on a damaged table and destroy the evidence.

use super::{
    ledger::Ledger,
    session::{Access, said},
};
use crate::text::printable;
use tokio_postgres::{Client, Error};

const STALE: &str = include_str!("sql/collation_stale.sql");
const DATABASE_IS_STALE: &str = include_str!("sql/collation_database_is_stale.sql");
const REFRESH_DATABASE: &str = include_str!("sql/collation_refresh_database.sql");
const REFRESH: &str = include_str!("sql/collation_refresh.sql");

/// An index to be rebuilt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Index {
    /// Its object id.
    pub(super) oid: u32,
    name: String,
    rebuild: String,
}

/// What is stale in one database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stale {
    /// The database.
    pub(super) database: String,
    /// In no order.
    pub(super) indexes: Vec<Index>,
    /// Whether the database's own order is recorded with another version.
    is_versioned: bool,
}

impl Stale {
    /// Whether there is something to do.
    pub(super) fn is_anything(&self) -> bool {
        self.is_versioned || !self.indexes.is_empty()
    }
}

/// Looks for them in `databases`.
pub(super) async fn find(
    access: &Access<'_>,
    databases: &[String],
    ledger: &Ledger,
) -> Result<Vec<Stale>, Error> {
    let mut stale = Vec::new();
    for database in databases {
        let (is_remapped, orders) = (ledger.remapped().contains(database), ledger.remapped_orders(database));
        stale.push(find_in(access, database, is_remapped, &orders).await?);
    }
    Ok(stale)
}

async fn find_in(
    access: &Access<'_>,
    database: &str,
    is_remapped: bool,
    orders: &[u32],
) -> Result<Stale, Error> {
    let client = access.connect(database).await?;
    let is_versioned = access.major >= super::locale::VERSIONS_SINCE
        && client.query_one(DATABASE_IS_STALE, &[]).await?.try_get(0)?;
    let rows = client.query(STALE, &[&(is_remapped || is_versioned), &orders]).await?;
    let index = |row: &tokio_postgres::Row| {
        Ok::<_, Error>(Index { oid: row.try_get(0)?, name: row.try_get(1)?, rebuild: row.try_get(2)? })
    };
    let indexes = rows.iter().map(index).collect::<Result<_, _>>()?;
    Ok(Stale { database: database.to_owned(), indexes, is_versioned })
}

/// Rebuilds all of `stale` and records the versions; or says which index it failed on.
pub(super) async fn rebuild(access: &Access<'_>, stale: &Stale) -> Result<(), String> {
    let text = |error: &Error| format!("{}: {}", stale.database, said(error));
    let client = access.connect(&stale.database).await.map_err(|error| text(&error))?;
    client.batch_execute("SET statement_timeout = 0").await.map_err(|error| text(&error))?;
    for index in &stale.indexes {
        tracing::info!(database = stale.database, index = index.name, "rebuilding an index on text");
        client.batch_execute(&index.rebuild).await.map_err(|error| {
            let name = printable(index.name.as_bytes());
            format!("{}.{name} could not be rebuilt: {}", stale.database, said(&error))
        })?;
    }
    refresh(&client, stale).await.map_err(|error| text(&error))
}

async fn refresh(client: &Client, stale: &Stale) -> Result<(), Error> {
    if stale.is_versioned {
        super::users::run_made(client, REFRESH_DATABASE, &[]).await?;
    }
    super::users::run_made(client, REFRESH, &[]).await
}
