//! Sessions on the private server.
//!
//! Input: the socket's directory, a role, a database. Output: a session in which nothing of the source acts on its
//! own. Must not: run a trigger, a preloaded library or a function found by the source's search path.

mod startup;

use super::{config::PORT, memory::Memory};
use startup::{Names, Renamed};
use std::{collections::BTreeMap, future::Future, path::Path, time::Duration};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::UnixStream,
};
use tokio_postgres::{
    Client, Config, Connection, Error, NoTls,
    error::SqlState,
    types::{FromSql, Type},
};

/// A local socket answers at once or not at all.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(30);
/// What a database in no encoding holds is in none, and a server that is to send it as UTF-8 refuses to.
const NO_ENCODING: &str = "SQL_ASCII";
const AS_IT_IS: &str = "SET client_encoding = 'SQL_ASCII'";
/// From this version on, event triggers can be switched off, login triggers included.
pub(super) const EVENT_TRIGGERS_SINCE: u16 = 17;
/// From these versions on, sessions that are idle and transactions that are long can be ended by a setting.
const IDLE_TIMEOUT_SINCE: u16 = 14;
const TRANSACTION_TIMEOUT_SINCE: u16 = 17;

/// How to get sessions.
#[derive(Debug, Clone)]
pub(super) struct Access<'a> {
    /// Directory of the socket.
    pub(super) socket_dir: &'a Path,
    /// Major version of the server.
    pub(super) major: u16,
    /// Memory of the container, bytes.
    pub(super) memory_bytes: u64,
    /// Role to be, as the server has it.
    pub(super) role: Vec<u8>,
    /// Databases whose names the server has in other bytes than we say them in.
    pub(super) spelled: BTreeMap<String, Vec<u8>>,
}

/// Settings that weigh more than those a database or role of the source carries.
///
/// `session_replication_role=replica` keeps ordinary triggers and event triggers from firing. A role or database may
/// carry the name of another role to be, have damage overlooked, or claim more memory than the container has.
fn options(major: u16, memory_bytes: u64) -> String {
    let mut settings = vec![
        "role=none",
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
        "temp_tablespaces=",
        "default_table_access_method=heap",
        "default_transaction_deferrable=off",
        "zero_damaged_pages=off",
        "ignore_checksum_failure=off",
        "exit_on_error=off",
        "standard_conforming_strings=on",
        "transform_null_equals=off",
        "log_statement=none",
        "log_min_duration_statement=-1",
        "jit=off",
    ];
    let since = [
        (EVENT_TRIGGERS_SINCE, "event_triggers=off"),
        (IDLE_TIMEOUT_SINCE, "idle_session_timeout=0"),
        (TRANSACTION_TIMEOUT_SINCE, "transaction_timeout=0"),
    ];
    settings.extend(since.into_iter().filter(|(since, _)| major >= *since).map(|(_, setting)| setting));
    let memory = Memory::fit(memory_bytes);
    let sizes = [("work_mem", memory.work_kib), ("maintenance_work_mem", memory.maintenance_mib << 10)];
    let sizes = sizes.map(|(name, kib)| format!("-c {name}={kib}kB"));
    let fixed = settings.into_iter().map(|setting| format!("-c {setting}"));
    fixed.chain(sizes).collect::<Vec<_>>().join(" ")
}

/// Settings of a session that is a guest's, as far as a guest may have any: those a database of the source carries would
/// else count.
fn guest_options(major: u16, memory_bytes: u64, timeout: Duration) -> String {
    let timeout = format!("statement_timeout={}", timeout.as_millis().clamp(1, 2_000_000_000));
    let mut settings = vec![
        "role=none",
        // what comes with the server is found first, so that nothing of the source stands for it
        "search_path=pg_catalog,public",
        "local_preload_libraries=",
        "default_transaction_read_only=on",
        "default_transaction_isolation=read\\ committed",
        "default_transaction_deferrable=off",
        "row_security=on",
        timeout.as_str(),
        "lock_timeout=10s",
        "idle_in_transaction_session_timeout=60s",
        "client_min_messages=warning",
        "default_tablespace=",
        "temp_tablespaces=",
        "exit_on_error=off",
        "standard_conforming_strings=on",
        "transform_null_equals=off",
        "jit=off",
    ];
    let since = [
        (IDLE_TIMEOUT_SINCE, "idle_session_timeout=0"),
        (TRANSACTION_TIMEOUT_SINCE, "transaction_timeout=0"),
    ];
    settings.extend(since.into_iter().filter(|(since, _)| major >= *since).map(|(_, setting)| setting));
    let work = format!("-c work_mem={}kB", Memory::fit(memory_bytes).work_kib);
    let fixed = settings.into_iter().map(|setting| format!("-c {setting}"));
    fixed.chain([work]).collect::<Vec<_>>().join(" ")
}

impl Access<'_> {
    /// A session in `database`.
    pub(super) async fn connect(&self, database: &str) -> Result<Client, Error> {
        self.session(&self.role, database, &options(self.major, self.memory_bytes)).await
    }

    /// A session of the guest `role` in `database`, with no more rights than guests have. A statement may take as long as
    /// `timeout`.
    pub(super) async fn connect_as_guest(
        &self,
        role: &str,
        database: &str,
        timeout: Duration,
    ) -> Result<Client, Error> {
        let options = guest_options(self.major, self.memory_bytes, timeout);
        self.session(role.as_bytes(), database, &options).await
    }

    async fn session(&self, of: &[u8], database: &str, options: &str) -> Result<Client, Error> {
        let mut config = Config::new();
        let role = String::from_utf8_lossy(of);
        config.host_path(self.socket_dir).port(PORT).user(&*role).dbname(database);
        config.application_name("pgro-agent").connect_timeout(CONNECT_TIMEOUT).options(options);
        let names = Names {
            role: of.to_owned(),
            database: self.spelled.get(database).map_or(database.as_bytes(), Vec::as_slice).to_owned(),
        };
        let is_text = of == role.as_bytes() && names.database == database.as_bytes();
        let socket = self.socket_dir.join(format!(".s.PGSQL.{PORT}"));
        // where the socket is not there, the usual way says why
        let stream = if is_text { None } else { UnixStream::connect(socket).await.ok() };
        let Some(stream) = stream else {
            let (client, connection) = config.connect(NoTls).await?;
            return opened(client, connection).await;
        };
        let (client, connection) = config.connect_raw(Renamed::new(stream, names), NoTls).await?;
        opened(client, connection).await
    }
}

/// Lets a session run.
async fn opened<S, T>(client: Client, connection: Connection<S, T>) -> Result<Client, Error>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let is_in_no_encoding = connection.parameter("server_encoding") == Some(NO_ENCODING);
    tokio::spawn(ended(connection));
    if is_in_no_encoding {
        client.batch_execute(AS_IT_IS).await?;
    }
    Ok(client)
}

async fn ended(connection: impl Future<Output = Result<(), Error>>) {
    if let Err(error) = connection.await {
        tracing::debug!(error = %said(&error), "a session ended");
    }
}

/// The bytes of a text or name, in whatever encoding the session has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Raw(pub(super) Vec<u8>);

impl<'a> FromSql<'a> for Raw {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        Ok(Self(raw.to_owned()))
    }

    fn accepts(of: &Type) -> bool {
        Text::accepts(of)
    }
}

/// Text of the server, also where it is none: names and values of a database in no encoding may be any bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Text {
    /// It is text.
    Valid(String),
    /// It is not; this is near it.
    Invalid(String),
}

impl Text {
    /// For people.
    pub(super) fn shown(self) -> String {
        let (Self::Valid(text) | Self::Invalid(text)) = self;
        text
    }
}

impl<'a> FromSql<'a> for Text {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        Ok(match str::from_utf8(raw) {
            Ok(text) => Self::Valid(text.to_owned()),
            Err(_) => Self::Invalid(String::from_utf8_lossy(raw).into_owned()),
        })
    }

    fn accepts(of: &Type) -> bool {
        [Type::TEXT, Type::NAME, Type::VARCHAR].contains(of)
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
    /// Nothing: it could not run now.
    Prevented,
    /// Nothing: it can never run here, since this image lacks what the source's extensions are made of.
    Lacking,
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
        // a missing library has the code of a missing file; one of another build lacks functions
        let lacks_library = [
            "could not access file \"",
            "could not load library",
            "could not find function \"",
            "incompatible library",
        ]
        .iter()
        .any(|begin| message.starts_with(begin));
        // a server built without a method of compression
        let is_unsupported = *code == SqlState::FEATURE_NOT_SUPPORTED;
        // classes: insufficient resources, and more than this server can do
        let is_limit = ["53", "54"].iter().any(|class| code.code().starts_with(class));
        if *code == SqlState::QUERY_CANCELED {
            Self::OutOfTime
        } else if lacks_library || is_unsupported {
            Self::Lacking
        } else if is_limit || *code == SqlState::LOCK_NOT_AVAILABLE {
            Self::Prevented
        } else {
            Self::Damage
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{FromSql, SqlState, Text, Type, Verdict, guest_options, options};
    use std::time::Duration;

    const MEMORY: u64 = 1 << 30;

    #[test]
    fn fault_f14_nothing_of_the_source_acts_in_our_sessions() {
        for setting in
            ["search_path=pg_catalog", "session_replication_role=replica", "session_preload_libraries="]
        {
            assert!(options(15, MEMORY).contains(&format!("-c {setting}")), "{setting}");
        }
    }

    #[test]
    fn event_triggers_are_switched_off_where_the_server_knows_how() {
        assert!(!options(16, MEMORY).contains("event_triggers"));
        assert!(options(17, MEMORY).contains("-c event_triggers=off"));
    }

    #[test]
    fn settings_a_version_does_not_know_would_keep_us_out_and_are_left_out() {
        assert!(!options(13, MEMORY).contains("idle_session_timeout"));
        assert!(options(14, MEMORY).contains("idle_session_timeout=0"));
        assert!(!options(16, MEMORY).contains("transaction_timeout"));
    }

    #[test]
    fn no_role_of_the_source_makes_us_overlook_damage_or_claim_the_memory_of_its_host() {
        for setting in
            ["zero_damaged_pages=off", "ignore_checksum_failure=off", "maintenance_work_mem=65536kB"]
        {
            assert!(options(15, MEMORY).contains(setting), "{setting}");
        }
    }

    #[test]
    fn a_guests_session_reads_only_and_needs_no_right_of_ours() {
        let options = guest_options(17, MEMORY, Duration::from_millis(2500));
        for setting in [
            "default_transaction_read_only=on",
            "statement_timeout=2500",
            "search_path=pg_catalog,public",
            "transaction_timeout=0",
        ] {
            assert!(options.contains(&format!("-c {setting}")), "{setting}");
        }
        for ours in ["session_replication_role", "zero_damaged_pages", "log_statement", "event_triggers"] {
            assert!(!options.contains(ours), "{ours}");
        }
        assert!(guest_options(13, MEMORY, Duration::ZERO).contains("-c statement_timeout=1 "));
    }

    #[test]
    fn names_in_no_encoding_are_shown_as_well_as_they_can_be() {
        let text = |raw: &[u8]| Text::from_sql(&Type::TEXT, raw).unwrap();
        assert_eq!(text(b"gr\xf6\xdfe"), Text::Invalid("gr\u{fffd}\u{fffd}e".into()));
        assert_eq!(text("größe".as_bytes()), Text::Valid("größe".into()));
    }

    #[test]
    fn a_missing_file_is_damage_and_a_missing_library_is_not() {
        let verdict = |message| Verdict::of_report(&SqlState::UNDEFINED_FILE, message);
        assert_eq!(
            verdict("could not open file \"base/5/16400\": No such file or directory"),
            Verdict::Damage
        );
        let library = "could not access file \"$libdir/postgis-3\": No such file or directory";
        assert_eq!(verdict(library), Verdict::Lacking);
        let older = "could not find function \"geometry_out\" in file \"/lib/postgis-3.so\"";
        assert_eq!(verdict(older), Verdict::Lacking);
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
