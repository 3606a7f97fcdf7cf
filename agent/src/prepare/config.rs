//! The whole configuration of the restored server.
//!
//! Input: what the source ran with, the container's memory, the intent. Output: the text of a `postgresql.conf`.
//! Must not: take over a setting of the source that names a path, a program, a library or another host.

use super::{controldata::ControlData, memory::Memory, session::EVENT_TRIGGERS_SINCE};
use contract::ids::Intent;
use std::path::Path;

/// Directory of the socket in the postgres pod; an `emptyDir`.
pub const SOCKET_DIR: &str = "/run/postgresql";
/// The one port.
pub const PORT: u16 = 5432;
/// Connections that are enough for guests of a copy.
const CONNECTIONS_MIN: u32 = 100;
const MIB: u64 = 1 << 20;

/// What the text depends on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Settings<'a> {
    /// The source.
    pub(super) source: &'a ControlData,
    /// Major version of the server.
    pub(super) major: u16,
    /// Memory of the container, bytes.
    pub(super) memory_bytes: u64,
    /// What the copy is for.
    pub(super) intent: Intent,
    /// Where the socket goes.
    pub(super) socket_dir: &'a Path,
}

impl Settings<'_> {
    /// The text of the file.
    pub(super) fn render(&self) -> String {
        let mut text = String::from("# Written by pgro-agent in place of the source's configuration.\n");
        for (name, value) in
            self.access().into_iter().chain(self.sizes()).chain(self.quiet()).chain(self.triggers())
        {
            text.extend([name, " = ", &quoted(&value), "\n"]);
        }
        text
    }

    fn access(&self) -> Vec<(&'static str, String)> {
        let read_only = if self.intent.is_writable() { "off" } else { "on" };
        vec![
            ("listen_addresses", "*".into()),
            ("port", PORT.to_string()),
            ("unix_socket_directories", self.socket_dir.display().to_string()),
            ("unix_socket_permissions", "0700".into()),
            ("password_encryption", "scram-sha-256".into()),
            ("ssl", "off".into()),
            ("default_transaction_read_only", read_only.into()),
        ]
    }

    /// Never below what the source had where in-doubt transactions might need it; memory is ours alone.
    fn sizes(&self) -> Vec<(&'static str, String)> {
        let (limits, memory) = (self.source.limits, Memory::fit(self.memory_bytes));
        let segment_mib = self.source.wal_segment_bytes.div_ceil(MIB);
        vec![
            ("max_connections", limits.connections.max(CONNECTIONS_MIN).to_string()),
            ("max_worker_processes", limits.worker_processes.max(8).to_string()),
            ("max_prepared_transactions", limits.prepared_transactions.to_string()),
            ("max_locks_per_transaction", limits.locks_per_transaction.max(64).to_string()),
            ("shared_buffers", format!("{}MB", memory.shared_buffers_mib)),
            ("effective_cache_size", format!("{}MB", memory.effective_cache_mib)),
            ("maintenance_work_mem", format!("{}MB", memory.maintenance_mib)),
            ("work_mem", format!("{}kB", memory.work_kib)),
            ("min_wal_size", format!("{}MB", (2 * segment_mib).max(80))),
            ("max_wal_size", format!("{}MB", (4 * segment_mib).max(512))),
            ("huge_pages", "off".into()),
            ("dynamic_shared_memory_type", "posix".into()),
        ]
    }

    /// No other host, no program, no library, no file outside the data directory.
    fn quiet(&self) -> Vec<(&'static str, String)> {
        let track = if self.source.track_commit_timestamp { "on" } else { "off" };
        let fixed = [
            ("wal_level", "replica"),
            ("max_wal_senders", "0"),
            ("max_logical_replication_workers", "0"),
            ("archive_mode", "off"),
            ("archive_command", ""),
            ("restore_command", ""),
            ("primary_conninfo", ""),
            ("hot_standby", "off"),
            ("shared_preload_libraries", ""),
            ("session_preload_libraries", ""),
            ("local_preload_libraries", ""),
            ("jit", "off"),
            ("logging_collector", "off"),
            ("log_destination", "stderr"),
            ("log_line_prefix", "%m [%p] %q%u@%d "),
            ("lc_messages", "C"),
            ("lc_monetary", "C"),
            ("lc_numeric", "C"),
            ("lc_time", "C"),
            ("timezone", "UTC"),
            ("log_timezone", "UTC"),
            ("track_commit_timestamp", track),
        ];
        fixed.map(|(name, value)| (name, value.to_owned())).into()
    }

    /// A login trigger of the source could keep guests of a read-only copy out; where the copy stands in for the
    /// source, its triggers belong to it.
    fn triggers(&self) -> Option<(&'static str, String)> {
        let switchable = self.major >= EVENT_TRIGGERS_SINCE && !self.intent.is_writable();
        switchable.then(|| ("event_triggers", "off".into()))
    }
}

/// A value as the configuration file wants it.
fn quoted(value: &str) -> String {
    format!("'{}'", value.replace('\\', "\\\\").replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::{Settings, quoted};
    use crate::prepare::controldata::{ControlData, Limits, tests::source};
    use contract::ids::Intent;
    use std::path::Path;

    fn rendered(source: &ControlData, intent: Intent) -> String {
        of_major(16, source, intent)
    }

    fn of_major(major: u16, source: &ControlData, intent: Intent) -> String {
        let socket_dir = Path::new("/run/postgresql");
        Settings { source, major, memory_bytes: 1 << 30, intent, socket_dir }.render()
    }

    fn has(text: &str, line: &str) -> bool {
        text.lines().any(|l| l == line)
    }

    #[test]
    fn fault_f7_nothing_of_the_source_is_preloaded_archived_or_followed() {
        let text = rendered(&source(), Intent::Verify);
        for name in ["shared_preload_libraries", "archive_command", "restore_command", "primary_conninfo"] {
            assert!(has(&text, &format!("{name} = ''")), "{name}");
        }
        assert!(has(&text, "archive_mode = 'off'"));
        assert!(!text.contains("include"));
    }

    #[test]
    fn verify_and_analytics_are_read_only_and_disaster_recovery_is_not() {
        for (intent, value) in
            [(Intent::Verify, "on"), (Intent::Analytics, "on"), (Intent::DisasterRecovery, "off")]
        {
            let line = format!("default_transaction_read_only = '{value}'");
            assert!(has(&rendered(&source(), intent), &line), "{intent}");
        }
    }

    #[test]
    fn limits_are_never_below_those_of_the_source() {
        let text = rendered(&source(), Intent::Verify);
        assert!(has(&text, "max_connections = '300'"));
        assert!(has(&text, "max_prepared_transactions = '2'"));
        let small = Limits {
            connections: 5,
            worker_processes: 1,
            prepared_transactions: 0,
            locks_per_transaction: 10,
        };
        let text = rendered(&ControlData { limits: small, ..source() }, Intent::Verify);
        assert!(has(&text, "max_connections = '100'") && has(&text, "max_locks_per_transaction = '64'"));
    }

    #[test]
    fn large_segments_of_the_source_do_not_keep_the_server_from_starting() {
        let text = rendered(&ControlData { wal_segment_bytes: 1 << 30, ..source() }, Intent::Verify);
        assert!(has(&text, "min_wal_size = '2048MB'") && has(&text, "max_wal_size = '4096MB'"));
    }

    #[test]
    fn fault_f14_login_triggers_keep_nobody_out_of_a_read_only_copy() {
        let off = "event_triggers = 'off'";
        assert!(has(&of_major(17, &source(), Intent::Analytics), off));
        assert!(!has(&of_major(17, &source(), Intent::DisasterRecovery), off));
        assert!(!has(&of_major(16, &source(), Intent::Analytics), off), "16 does not know the setting");
    }

    #[test]
    fn quotes_and_backslashes_of_a_value_stay_in_it() {
        assert_eq!(quoted(r"a'b\c"), r"'a''b\\c'");
    }

    #[test]
    fn no_setting_is_given_twice() {
        let text = rendered(&source(), Intent::Verify);
        let mut names: Vec<_> =
            text.lines().filter_map(|line| line.split_once(" = ")).map(|(name, _)| name).collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
    }
}
