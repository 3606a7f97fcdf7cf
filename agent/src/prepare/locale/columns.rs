//! Orders of single columns and indexes whose locale this image lacks.
//!
//! Input: sessions, the ledger. Output: the same orders under a locale that is here, noted before it is done. Must not:
//! touch an order that works, or one that nothing uses; a cluster has one for each locale of its host.
//!
//! The server makes a locale when it first compares by it, and raises an error where it cannot.

use super::TARGETS;
use crate::prepare::{
    error::PrepareError,
    ledger::Ledger,
    session::{Access, Text, said},
};
use tokio_postgres::{Client, Error, error::SqlState};

const COLLATIONS: &str = include_str!("../sql/locale_collations.sql");
const TRANSLATE: &str = include_str!("../sql/locale_translate_collation.sql");

/// Maps those of `databases`.
pub(in crate::prepare) async fn translate(
    access: &Access<'_>,
    databases: &[String],
    ledger: &mut Ledger,
) -> Result<(), PrepareError> {
    for database in databases {
        // a database that does not open is the checks' to tell of
        let Ok(client) = access.connect(database).await else { continue };
        let Ok(lacking) = lacking(&client).await else { continue };
        if lacking.is_empty() {
            continue;
        }
        ledger.remap_orders(database, &lacking).map_err(PrepareError::Note)?;
        for oid in &lacking {
            change(&client, *oid)
                .await
                .map_err(|source| PrepareError::Sql { attempted: "map the locale of an order", source })?;
        }
    }
    Ok(())
}

/// Object ids of orders in use that cannot compare here.
async fn lacking(client: &Client) -> Result<Vec<u32>, Error> {
    let mut lacking = Vec::new();
    for row in client.query(COLLATIONS, &[]).await? {
        let Text::Valid(comparison) = row.try_get(1)? else { continue };
        match client.batch_execute(&comparison).await {
            Err(error) if error.code() == Some(&SqlState::INVALID_PARAMETER_VALUE) => {
                tracing::warn!(said = %said(&error), "this image lacks the locale of an order");
                lacking.push(row.try_get(0)?);
            }
            Ok(()) | Err(_) => {}
        }
    }
    Ok(lacking)
}

async fn change(client: &Client, oid: u32) -> Result<(), Error> {
    for (encoding, target, _) in TARGETS {
        if client.execute(TRANSLATE, &[&oid, &encoding, &target]).await? > 0 {
            break;
        }
    }
    Ok(())
}
