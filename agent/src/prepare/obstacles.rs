//! What of the source keeps our sessions from looking everywhere: taken away for the checks, put back after them.
//!
//! Input: sessions, the ledger. Output: every database takes sessions, and no event trigger fires in them. Must not:
//! change anything that is not in the ledger before, or leave a copy that is served other than its source was.
//!
//! Event triggers that fire always do so in our sessions too, with all our rights; only from 17 on does a setting keep
//! them from it. Changing their row of the catalog fires none.

use super::{
    error::PrepareError,
    ledger::Ledger,
    session::{Access, EVENT_TRIGGERS_SINCE, Text},
};
use tokio_postgres::{Client, Error, Row};

const CLOSED: &str = include_str!("sql/obstacles_closed.sql");
const OPEN: &str = include_str!("sql/obstacles_open.sql");
const CLOSE: &str = include_str!("sql/obstacles_close.sql");
const TRIGGERS: &str = include_str!("sql/obstacles_triggers.sql");
const SET_TRIGGER: &str = include_str!("sql/obstacles_set_trigger.sql");
/// What a trigger that does not fire is marked with.
const DISABLED: &str = "D";

/// Opens databases that take no sessions.
pub(super) async fn open_databases(first: &Client, ledger: &mut Ledger) -> Result<(), PrepareError> {
    let sql = |source| PrepareError::Sql { attempted: "open databases that take no sessions", source };
    let rows = first.query(CLOSED, &[]).await.map_err(sql)?;
    let named = rows.iter().map(|row| row.try_get(0)).collect::<Result<Vec<Text>, _>>().map_err(sql)?;
    // one whose name is in no encoding is the checks' to tell of
    let valid = |name| if let Text::Valid(name) = name { Some(name) } else { None };
    let closed: Vec<String> = named.into_iter().filter_map(valid).collect();
    if closed.is_empty() {
        return Ok(());
    }
    ledger.opened(closed.iter().cloned()).map_err(PrepareError::Note)?;
    first.execute(OPEN, &[&closed]).await.map(drop).map_err(sql)
}

/// Closes those again.
pub(super) async fn close_databases(first: &Client, ledger: &Ledger) -> Result<(), Error> {
    let names: Vec<&String> = ledger.closed().iter().collect();
    first.execute(CLOSE, &[&names]).await.map(drop)
}

/// Keeps event triggers of `databases` from firing.
pub(super) async fn silence(
    access: &Access<'_>,
    databases: &[String],
    ledger: &mut Ledger,
) -> Result<(), PrepareError> {
    if access.major >= EVENT_TRIGGERS_SINCE {
        return Ok(());
    }
    for database in databases {
        // a database that does not open is the checks' to tell of
        let Ok(client) = access.connect(database).await else { continue };
        let Ok(rows) = client.query(TRIGGERS, &[]).await else { continue };
        let sql = |source| PrepareError::Sql { attempted: "keep event triggers from firing", source };
        let found = rows.iter().map(trigger).collect::<Result<Vec<_>, _>>().map_err(sql)?;
        if found.is_empty() {
            continue;
        }
        ledger.silenced(database, found.clone()).map_err(PrepareError::Note)?;
        for (oid, _) in &found {
            client.execute(SET_TRIGGER, &[oid, &DISABLED]).await.map_err(sql)?;
        }
    }
    Ok(())
}

fn trigger(row: &Row) -> Result<(u32, String), Error> {
    Ok((row.try_get(0)?, row.try_get(1)?))
}

/// Lets them fire again as they did.
pub(super) async fn restore_triggers(access: &Access<'_>, ledger: &Ledger) -> Result<(), Error> {
    for (database, triggers) in ledger.triggers() {
        let client = access.connect(database).await?;
        for (oid, enabled) in triggers {
            client.execute(SET_TRIGGER, &[oid, enabled]).await?;
        }
    }
    Ok(())
}
