//! Check `probes`: what the declaration asks of its data is answered with yes.
//!
//! Input: the probes, how to get sessions, a time budget. Output: the check, with the probes that were not answered so.
//! Must not: ask with more rights than guests have, write, run more than one statement of a probe, or hold more of an
//! answer than two rows of one byte.
//!
//! A session of its own for each, in a transaction that only reads and is rolled back. The statement is prepared first:
//! so there is one, and it is not run unless it returns one boolean column; what ends transactions or changes settings
//! returns none.

use super::{Budget, Outcome, listed};
use crate::{
    prepare::{
        session::{Access, said},
        users::ANALYTICS,
    },
    text::printable,
};
use contract::{
    pods::CheckResult,
    probes::{Probe, Probes},
};
use std::time::Duration;
use tokio::time::timeout;
use tokio_postgres::{Client, Error, Row, Statement, Transaction, error::SqlState, types::Type};

/// What is said where there are none.
pub(in crate::prepare) const NONE: &str = "the declaration gives no SQL probes";
/// The server's own timeout comes first; this is for a server that does not answer any more.
const MARGIN: Duration = Duration::from_secs(10);
/// Of two rows one is too many.
const ROWS_MAX: i32 = 2;
/// Longest text that is told of one probe, characters: the report has room for a few.
const TOLD_MAX: usize = 240;

/// Why a probe was not answered with yes.
#[derive(Debug, thiserror::Error)]
enum Flaw {
    /// The answer is no.
    #[error("returned {0}")]
    Returned(&'static str),
    /// Other columns than one that says yes or no.
    #[error("was not run, as it returns {0} instead of one boolean column")]
    Columns(String),
    /// It leaves something to be filled in.
    #[error("was not run, as it has parameters")]
    Parameters,
    /// Its own time is over.
    #[error("took longer than {} s", .0.as_secs())]
    TooLong(Duration),
    /// The time of all checks is over, and its own is not.
    #[error("was broken off")]
    BrokenOff,
    /// Not even the end of its time had it answered.
    #[error("was not answered by the server any more")]
    Silent,
    /// The server refused it.
    #[error("failed: {}", told(.0))]
    Sql(#[from] Error),
}

/// Asks all of `probes`; those that name no database in the `usual` one.
pub(in crate::prepare) async fn probes(
    access: &Access<'_>,
    probes: &Probes,
    usual: &str,
    budget: Budget,
) -> Outcome {
    let (mut flawed, mut asked) = (Vec::new(), 0);
    for probe in probes.as_slice() {
        let database = probe.database.as_deref().unwrap_or(usual);
        match ask(access, probe, database, budget).await {
            Ok(()) => asked += 1,
            Err(Flaw::BrokenOff) => break,
            Err(flaw) => {
                asked += 1;
                let finding = finding(&probe.name, database, &flaw);
                tracing::warn!("probes: {finding}");
                flawed.push(finding);
            }
        }
    }
    verdict(&flawed, asked, probes.len(), budget)
}

fn verdict(flawed: &[String], asked: usize, of: usize, budget: Budget) -> Outcome {
    let scope = format!("{asked} of {of} probes");
    if !flawed.is_empty() {
        Outcome::other(CheckResult::Failed, scope, listed(flawed))
    } else if asked < of {
        let detail = format!("the budget of {} s was spent: {scope}", budget.total().as_secs());
        Outcome::other(CheckResult::Skipped, scope, detail)
    } else {
        Outcome::passed(scope)
    }
}

/// In one line.
fn finding(name: &str, database: &str, flaw: &Flaw) -> String {
    let text = format!("{} in {}: {flaw}", printable(name.as_bytes()), printable(database.as_bytes()));
    text.chars().take(TOLD_MAX).collect()
}

/// The server's words without details, which would hold what is in the data.
fn told(error: &Error) -> String {
    match error.as_db_error() {
        Some(db) => printable(format!("{} ({})", db.message(), db.code().code()).as_bytes()),
        None => said(error),
    }
}

async fn ask(access: &Access<'_>, probe: &Probe, database: &str, budget: Budget) -> Result<(), Flaw> {
    let own = Duration::from_secs(probe.timeout_seconds.into());
    let left = budget.left();
    if left.is_zero() {
        return Err(Flaw::BrokenOff);
    }
    let limit = own.min(left);
    let late = || if own <= left { Flaw::TooLong(own) } else { Flaw::BrokenOff };
    let asked = async {
        let mut client = access.connect_as_guest(ANALYTICS, database, limit).await?;
        answer(&mut client, &probe.sql).await
    };
    match timeout(limit + MARGIN, asked).await {
        Err(_) => Err(Flaw::Silent),
        Ok(Err(Flaw::Sql(error))) if error.code() == Some(&SqlState::QUERY_CANCELED) => Err(late()),
        Ok(answer) => answer,
    }
}

async fn answer(client: &mut Client, sql: &str) -> Result<(), Flaw> {
    let transaction = client.build_transaction().read_only(true).start().await?;
    let statement = transaction.prepare(sql).await?;
    let rows = rows(&transaction, &statement).await;
    transaction.rollback().await?;
    judge(&rows?)
}

async fn rows(transaction: &Transaction<'_>, statement: &Statement) -> Result<Vec<Row>, Flaw> {
    if !statement.params().is_empty() {
        return Err(Flaw::Parameters);
    }
    match statement.columns() {
        [column] if *column.type_() == Type::BOOL => {}
        [column] => return Err(Flaw::Columns(column.type_().to_string())),
        columns => return Err(Flaw::Columns(format!("{} columns", columns.len()))),
    }
    let portal = transaction.bind(statement, &[]).await?;
    Ok(transaction.query_portal(&portal, ROWS_MAX).await?)
}

fn judge(rows: &[Row]) -> Result<(), Flaw> {
    let [row] = rows else {
        return Err(Flaw::Returned(if rows.is_empty() { "no row" } else { "more than one row" }));
    };
    match row.try_get(0)? {
        Some(true) => Ok(()),
        Some(false) => Err(Flaw::Returned("false")),
        None => Err(Flaw::Returned("null")),
    }
}

#[cfg(test)]
mod tests {
    use super::{Flaw, TOLD_MAX, finding, verdict};
    use crate::prepare::checks::Budget;
    use contract::pods::CheckResult;
    use std::time::Duration;

    fn budget() -> Budget {
        Budget::start(Duration::from_mins(1))
    }

    #[tokio::test]
    async fn one_no_is_a_failure_whatever_else_was_not_asked() {
        let outcome = verdict(&["a in app: returned false".to_owned()], 1, 3, budget());
        assert_eq!(outcome.result, CheckResult::Failed);
        assert_eq!(outcome.scope, "1 of 3 probes");
        assert_eq!(outcome.detail.as_deref(), Some("a in app: returned false"));
    }

    #[tokio::test]
    async fn a_probe_that_was_not_asked_keeps_the_check_from_passing() {
        let outcome = verdict(&[], 1, 3, budget());
        assert_eq!(outcome.result, CheckResult::Skipped);
        assert_eq!(outcome.detail.as_deref(), Some("the budget of 60 s was spent: 1 of 3 probes"));
        assert_eq!(verdict(&[], 3, 3, budget()).result, CheckResult::Passed);
    }

    #[test]
    fn what_is_told_of_one_is_one_short_line() {
        let line = finding("a\u{1}b", &"\n".repeat(63), &Flaw::Columns("x".repeat(500)));
        assert!(line.starts_with("a\\u{1}b in \\n") && !line.contains('\n'));
        assert_eq!(line.chars().count(), TOLD_MAX);
    }
}
