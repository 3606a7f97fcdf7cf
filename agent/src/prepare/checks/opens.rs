//! Check `opens`: the recovered server answers, and recovery read all of the log that there is.
//!
//! Input: a superuser's session, what the files of the log say. Output: the server's version and the check. Must not:
//! count a server that still recovers as open.

use super::Outcome;
use crate::prepare::{session::said, wal::Log};
use contract::pods::CheckResult;
use tokio_postgres::Client;

const OPENS: &str = include_str!("../sql/opens.sql");
const SCOPE: &str = "server, control file and write-ahead log";

/// The version, where the server told it, and the outcome.
pub(in crate::prepare) async fn opens(client: &Client, log: &Log) -> (Option<String>, Outcome) {
    let failed = |detail: String| Outcome::other(CheckResult::Failed, SCOPE, detail);
    let row = match client.query_one(OPENS, &[]).await {
        Ok(row) => row,
        Err(error) => return (None, failed(said(&error))),
    };
    match (row.try_get::<_, String>(0), row.try_get(1)) {
        (Ok(version), Ok(false)) => (Some(version), recovered(&row, log)),
        (Ok(version), Ok(true)) => (Some(version), failed("the server is still recovering".into())),
        (Err(error), _) | (_, Err(error)) => (None, failed(said(&error))),
    }
}

fn recovered(row: &tokio_postgres::Row, log: &Log) -> Outcome {
    let end = match row.try_get::<_, i64>(2) {
        Ok(end) => u64::try_from(end).unwrap_or(0),
        Err(error) => return Outcome::other(CheckResult::Failed, SCOPE, said(&error)),
    };
    match log.lost(end) {
        Some(what) => Outcome::other(CheckResult::Failed, SCOPE, what),
        None => Outcome::passed(SCOPE),
    }
}
