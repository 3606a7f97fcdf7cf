//! Check `constraints`: rows keep what their tables promise.
//!
//! Input: a superuser's sessions, a time budget. Output: the check, with the constraint that is broken. Must not: run a
//! function of the source, or judge a promise whose meaning depends on the time, the session or the order of text.
//!
//! Unique keys, keys of other tables, rows that exclude each other, values that must be there, bounds of partitions, and
//! conditions on numbers, over a bounded sample of each table. It finds rows that vanished or came twice where no page shows it.

use super::{
    Budget, Outcome,
    batch::{cut, sessions},
    tally::Tally,
};
use crate::prepare::session::{Access, Text, Verdict, said};
use futures::{StreamExt, stream};
use std::{cell::RefCell, time::Duration};
use tokio::time::timeout;
use tokio_postgres::{Client, Error};

const CONSTRAINTS: &str = include_str!("../sql/constraints.sql");
/// Plans that would believe the very index in question are not taken.
const SETTINGS: &str = include_str!("../sql/constraints_settings.sql");
/// One constraint of a large table takes no longer than this, or is left out.
const EACH_MAX: Duration = Duration::from_mins(1);
/// The server's own timeout comes first; this is for a server that does not answer any more.
const MARGIN: Duration = Duration::from_secs(10);

/// One promise, and the statement that returns a row where it is broken.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Constraint {
    name: String,
    statement: Option<String>,
}

/// Runs it over `databases`.
pub(in crate::prepare) async fn constraints(
    access: &Access<'_>,
    databases: &[String],
    memory_bytes: u64,
    budget: Budget,
) -> Outcome {
    let tally = RefCell::new(Tally::new("constraints", budget.total()));
    let mut batches = Vec::new();
    for database in databases {
        match list(access, database).await {
            Ok(listed) => {
                tally.borrow_mut().plan(listed.iter().map(|_| 0));
                batches.extend(cut(listed, |_| 0).into_iter().map(|batch| (database, batch)));
            }
            Err(error) => tally.borrow_mut().damaged(format!("{database}: {}", said(&error))),
        }
    }
    stream::iter(batches)
        .for_each_concurrent(sessions(memory_bytes), async |(database, batch)| {
            if let Err(error) = check_batch(access, database, &batch, budget, &tally).await {
                tally.borrow_mut().damaged(format!("{database}: {}", said(&error)));
            }
        })
        .await;
    tally.into_inner().outcome(&format!("samples of {} databases", databases.len()))
}

async fn list(access: &Access<'_>, database: &str) -> Result<Vec<Constraint>, Error> {
    let rows = access.connect(database).await?.query(CONSTRAINTS, &[]).await?;
    let constraint = |row: &tokio_postgres::Row| {
        let statement = match row.try_get(1)? {
            Text::Valid(statement) => Some(statement),
            Text::Invalid(_) => None,
        };
        Ok(Constraint { name: row.try_get::<_, Text>(0)?.shown(), statement })
    };
    rows.iter().map(constraint).collect()
}

async fn check_batch(
    access: &Access<'_>,
    database: &str,
    batch: &[Constraint],
    budget: Budget,
    tally: &RefCell<Tally>,
) -> Result<(), Error> {
    let client = access.connect(database).await?;
    client.batch_execute(SETTINGS).await?;
    for constraint in batch {
        if budget.left().is_zero() {
            tally.borrow_mut().out_of_time();
            break;
        }
        let name = format!("{database}.{}", crate::text::printable(constraint.name.as_bytes()));
        let broken = is_broken(&client, constraint, budget).await;
        judge(name, broken, &mut tally.borrow_mut());
    }
    Ok(())
}

/// `None` where it could not be told in time.
async fn is_broken(client: &Client, constraint: &Constraint, budget: Budget) -> Option<Result<bool, Error>> {
    let left = budget.left().min(EACH_MAX);
    let statement = constraint.statement.as_ref()?;
    let asked = async {
        client.batch_execute(&format!("SET statement_timeout = {}", left.as_millis().max(1))).await?;
        Ok(!client.query(statement, &[]).await?.is_empty())
    };
    timeout(left + MARGIN, asked).await.ok()
}

fn judge(name: String, broken: Option<Result<bool, Error>>, tally: &mut Tally) {
    match broken {
        Some(Ok(false)) => tally.sound(0),
        Some(Ok(true)) => tally.damaged(format!("{name}: rows break it")),
        None => tally.left_out(name),
        Some(Err(error)) => match Verdict::of(&error) {
            Verdict::Damage => tally.damaged(format!("{name}: {}", said(&error))),
            Verdict::Lacking => tally.lacking(&name),
            Verdict::OutOfTime | Verdict::Prevented => tally.left_out(format!("{name}: {}", said(&error))),
        },
    }
}
