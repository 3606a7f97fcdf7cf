//! Sessions on the private server.
//!
//! Input: the socket's directory, a role, a database. Output: a session in which nothing of the source acts on its
//! own. Must not: run a trigger, a preloaded library or a function found by the source's search path.

use super::config::PORT;
use std::{path::Path, time::Duration};
use tokio_postgres::{Client, Config, Error, NoTls, error::SqlState};

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

/// What an error of a statement that only reads says about the data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Nothing: it took too long.
    OutOfTime,
    /// Nothing: it could not run here.
    Prevented,
    /// They cannot be read.
    Damage,
}

impl Verdict {
    /// An error is damage unless it says that the statement could not run.
    pub(super) fn of(error: &Error) -> Self {
        let Some(db) = error.as_db_error() else { return Self::Damage };
        Self::of_report(db.code(), db.message())
    }

    fn of_report(code: &SqlState, message: &str) -> Self {
        // a missing library has the code of a missing file
        let lacks_library = ["could not access file \"", "could not load library"]
            .iter()
            .any(|begin| message.starts_with(begin));
        // classes: insufficient resources, and more than this server can do
        let is_limit = ["53", "54"].iter().any(|class| code.code().starts_with(class));
        if *code == SqlState::QUERY_CANCELED {
            Self::OutOfTime
        } else if lacks_library || is_limit || *code == SqlState::LOCK_NOT_AVAILABLE {
            Self::Prevented
        } else {
            Self::Damage
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{SqlState, Verdict, options};

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

    #[test]
    fn a_missing_file_is_damage_and_a_missing_library_is_not() {
        let verdict = |message| Verdict::of_report(&SqlState::UNDEFINED_FILE, message);
        assert_eq!(
            verdict("could not open file \"base/5/16400\": No such file or directory"),
            Verdict::Damage
        );
        let library = "could not access file \"$libdir/postgis-3\": No such file or directory";
        assert_eq!(verdict(library), Verdict::Prevented);
    }

    #[test]
    fn a_lack_of_time_memory_or_locks_says_nothing_about_the_data() {
        assert_eq!(Verdict::of_report(&SqlState::QUERY_CANCELED, ""), Verdict::OutOfTime);
        for code in [SqlState::OUT_OF_MEMORY, SqlState::LOCK_NOT_AVAILABLE, SqlState::PROGRAM_LIMIT_EXCEEDED]
        {
            assert_eq!(Verdict::of_report(&code, ""), Verdict::Prevented, "{code:?}");
        }
        assert_eq!(Verdict::of_report(&SqlState::DATA_CORRUPTED, ""), Verdict::Damage);
    }
}
