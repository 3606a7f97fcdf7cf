//! Check `amcheck`: the structure of every btree index and heap, in every database.
//!
//! Input: a superuser's sessions, a time budget. Output: the check, with damage by database, relation and block.
//! Must not: trust a function of the source that only looks like amcheck's, or pass where anything was left out.

mod relations;
mod tally;
mod tools;

use super::{Budget, Outcome};
use crate::prepare::session::{Access, said};
use contract::pods::CheckResult;
use relations::{Kind, Relation};
use std::time::Duration;
use tally::Tally;
use tokio::time::{Instant, timeout};
use tokio_postgres::{Client, Error, error::SqlState};
use tools::{Tools, ToolsError};

/// How often progress is told.
const PROGRESS: Duration = Duration::from_secs(10);
/// The server's own timeout comes first; this is for a server that does not answer any more.
const MARGIN: Duration = Duration::from_secs(10);

/// Runs it over `databases`.
pub(in crate::prepare) async fn amcheck(
    access: &Access<'_>,
    databases: &[String],
    budget: Budget,
) -> Outcome {
    let mut tally = Tally::new(budget.total());
    let mut planned = Vec::new();
    for database in databases {
        match plan(access, database).await {
            Ok((tools, relations)) => {
                tally.plan(&relations);
                planned.push((database, tools, relations));
            }
            Err(ToolsError::Unavailable(why)) => {
                return Outcome::other(CheckResult::Unavailable, "nothing", why);
            }
            Err(ToolsError::Sql(error)) => tally.damaged(format!("{database}: {}", said(&error))),
        }
    }
    for (database, tools, relations) in planned {
        let checked = check_database(access, database, &tools, &relations, budget, &mut tally).await;
        if let Err(error) = checked {
            tally.damaged(format!("{database}: {}", said(&error)));
        }
    }
    tally.outcome(databases.len())
}

async fn plan(access: &Access<'_>, database: &str) -> Result<(Tools, Vec<Relation>), ToolsError> {
    let client = access.connect(database).await?;
    let tools = Tools::find_or_make(&client).await?;
    let relations = relations::list(&client, tools.heap.is_some()).await?;
    Ok((tools, relations))
}

async fn check_database(
    access: &Access<'_>,
    database: &str,
    tools: &Tools,
    relations: &[Relation],
    budget: Budget,
    tally: &mut Tally,
) -> Result<(), Error> {
    let client = access.connect(database).await?;
    let mut told = Instant::now();
    for relation in relations {
        if budget.left().is_zero() {
            tally.out_of_time();
            break;
        }
        match check_relation(&client, tools, relation, budget).await {
            Ok(None) => tally.sound(relation),
            Ok(Some(finding)) => tally.damaged(format!("{database}.{relation}{finding}")),
            Err(error) => judge(database, relation, &error, tally),
        }
        if client.is_closed() {
            tally.damaged(format!("{database}: the server ended the session while {relation} was checked"));
            return Ok(());
        }
        if told.elapsed() >= PROGRESS {
            told = Instant::now();
            tracing::info!(database, "amcheck: {}", tally.progress());
        }
    }
    tools.remove(&client).await
}

/// What is wrong with `relation`, if anything.
async fn check_relation(
    client: &Client,
    tools: &Tools,
    relation: &Relation,
    budget: Budget,
) -> Result<Option<String>, Error> {
    if let Some(expected) = relation.shorter_than {
        return Ok(Some(format!(": the file is {} bytes long, the catalog says {expected}", relation.bytes)));
    }
    let left = budget.left();
    let milliseconds = left.as_millis().clamp(1, 2_000_000_000);
    client.batch_execute(&format!("SET statement_timeout = {milliseconds}")).await?;
    let statement = match (relation.kind, &tools.heap) {
        (Kind::Btree, _) => &tools.btree,
        (Kind::Heap, Some(heap)) => heap,
        (Kind::Heap, None) => return Ok(None),
    };
    match timeout(left + MARGIN, client.query(statement, &[&relation.oid])).await {
        Ok(rows) => finding(&rows?),
        Err(_) => Ok(Some(": the server did not answer any more".into())),
    }
}

/// The first row of `verify_heapam`; `bt_index_check` returns one row without columns of interest.
fn finding(rows: &[tokio_postgres::Row]) -> Result<Option<String>, Error> {
    let Some(row) = rows.first().filter(|row| row.len() == 2) else { return Ok(None) };
    let (block, message): (i64, String) = (row.try_get(0)?, row.try_get(1)?);
    Ok(Some(format!(" block {block}: {}", crate::text::printable(message.as_bytes()))))
}

/// An error is damage unless it says that the check could not run.
fn judge(database: &str, relation: &Relation, error: &Error, tally: &mut Tally) {
    let text = format!("{database}.{relation}: {}", said(error));
    match error.code() {
        Some(&SqlState::QUERY_CANCELED) => tally.out_of_time(),
        Some(code) if *code == SqlState::LOCK_NOT_AVAILABLE || code.code().starts_with("53") => {
            tally.left_out(text);
        }
        Some(_) | None => tally.damaged(text),
    }
}
