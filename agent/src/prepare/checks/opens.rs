//! Check `opens`: the recovered server answers.
//!
//! Input: a superuser's session. Output: the server's version and the check. Must not: count a server that still
//! recovers as open.

use super::Outcome;
use crate::prepare::session::said;
use contract::pods::CheckResult;
use tokio_postgres::Client;

const OPENS: &str = include_str!("../sql/opens.sql");

/// The version, where the server told it, and the outcome.
pub(in crate::prepare) async fn opens(client: &Client) -> (Option<String>, Outcome) {
    let failed = |detail: String| Outcome::other(CheckResult::Failed, "server", detail);
    let row = match client.query_one(OPENS, &[]).await {
        Ok(row) => row,
        Err(error) => return (None, failed(said(&error))),
    };
    match (row.try_get::<_, String>(0), row.try_get(1)) {
        (Ok(version), Ok(false)) => (Some(version), Outcome::passed("server")),
        (Ok(version), Ok(true)) => (Some(version), failed("the server is still recovering".into())),
        (Err(error), _) | (_, Err(error)) => (None, failed(said(&error))),
    }
}
