//! Sessions on the private server.
//!
//! Input: the socket's directory, a role, a database. Output: a session in which nothing of the source acts on its
//! own. Must not: run a trigger, a preloaded library or a function found by the source's search path.

use super::config::PORT;
use std::{path::Path, time::Duration};
use tokio_postgres::{Client, Config, Error, NoTls};

/// A local socket answers at once or not at all.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(30);
/// From this version on, event triggers can be switched off, login triggers included.
pub(super) const EVENT_TRIGGERS_SINCE: u16 = 17;

/// How to get sessions.
#[derive(Debug, Clone)]
pub(super) struct Access<'a> {
    /// Directory of the socket.
    pub(super) socket_dir: &'a Path,
    /// Major version of the server.
    pub(super) major: u16,
    /// Role to be.
    pub(super) role: String,
}

/// Settings that weigh more than those a database or role of the source carries.
///
/// `session_replication_role=replica` keeps ordinary triggers and event triggers from firing.
fn options(major: u16) -> String {
    let mut settings = vec![
        "search_path=pg_catalog",
        "session_preload_libraries=",
        "local_preload_libraries=",
        "default_transaction_read_only=off",
        "default_transaction_isolation=read\\ committed",
        "session_replication_role=replica",
        "row_security=off",
        "statement_timeout=60s",
        "lock_timeout=10s",
        "idle_in_transaction_session_timeout=0",
        "client_min_messages=warning",
        "default_tablespace=",
        "default_table_access_method=heap",
    ];
    if major >= EVENT_TRIGGERS_SINCE {
        settings.push("event_triggers=off");
    }
    settings.into_iter().map(|setting| format!("-c {setting}")).collect::<Vec<_>>().join(" ")
}

impl Access<'_> {
    /// A session in `database`.
    pub(super) async fn connect(&self, database: &str) -> Result<Client, Error> {
        let mut config = Config::new();
        config.host_path(self.socket_dir).port(PORT).user(&self.role).dbname(database);
        config.application_name("pgro-agent").connect_timeout(CONNECT_TIMEOUT).options(options(self.major));
        let (client, connection) = config.connect(NoTls).await?;
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(error = %said(&error), "a session ended");
            }
        });
        Ok(client)
    }
}

/// What the server said, with its details; or what the connection said.
pub(super) fn said(error: &Error) -> String {
    let Some(db) = error.as_db_error() else { return crate::text::chain(error) };
    let mut text = format!("{} ({})", db.message(), db.code().code());
    for more in [db.detail(), db.hint()].into_iter().flatten() {
        text.push_str("; ");
        text.push_str(more);
    }
    crate::text::printable(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::options;

    #[test]
    fn fault_f14_nothing_of_the_source_acts_in_our_sessions() {
        for setting in
            ["search_path=pg_catalog", "session_replication_role=replica", "session_preload_libraries="]
        {
            assert!(options(15).contains(&format!("-c {setting}")), "{setting}");
        }
    }

    #[test]
    fn event_triggers_are_switched_off_where_the_server_knows_how() {
        assert!(!options(16).contains("event_triggers"));
        assert!(options(17).contains("-c event_triggers=off"));
    }
}
