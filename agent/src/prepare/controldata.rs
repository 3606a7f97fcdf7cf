//! What the control file says of the source server.
//!
//! Input: the output of `pg_controldata` in English. Output: the few settings that matter here.
//! Must not: take a control file whose checksum is wrong for good.

/// Settings the source ran with, and the state it was captured in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ControlData {
    /// The number each cluster gets when it is made, which its log bears, too.
    pub(super) system: u64,
    /// Such as `in production` or `shut down`.
    pub(super) state: String,
    /// Limits that what recovery replays may need at least.
    pub(super) limits: Limits,
    /// Whether commit times are kept.
    pub(super) track_commit_timestamp: bool,
    /// Size of a WAL segment, bytes.
    pub(super) wal_segment_bytes: u64,
    /// Whether pages carry checksums.
    pub(super) checksums: bool,
    /// The timeline it was on.
    pub(super) timeline: u32,
    /// Where recovery begins in the log.
    pub(super) redo: u64,
    /// Up to where a standby that wrote these files had replayed its log; 0 where it was none.
    pub(super) replayed: u64,
}

/// Limits of the source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Limits {
    /// `max_connections`.
    pub(super) connections: u32,
    /// `max_worker_processes`.
    pub(super) worker_processes: u32,
    /// `max_prepared_transactions`: with fewer, in-doubt transactions keep the server from starting.
    pub(super) prepared_transactions: u32,
    /// `max_locks_per_transaction`: in-doubt transactions hold locks.
    pub(super) locks_per_transaction: u32,
}

/// Why the control file is of no use.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum ControlDataError {
    /// It is torn or forged; the program shows it all the same and ends with 0.
    #[error("failed to trust the control file: its checksum is wrong")]
    Trust,
    /// The program's output lacks something.
    #[error("failed to read {key:?} in the output of pg_controldata: {found:?}")]
    Read {
        /// What was looked for.
        key: &'static str,
        /// What was there.
        found: Option<String>,
    },
}

impl ControlData {
    /// From what `pg_controldata` wrote, on both streams: until 16 it warns on the one, from 17 on the other.
    pub(super) fn parse(output: &str) -> Result<Self, ControlDataError> {
        if output.to_lowercase().contains("calculated crc checksum does not match") {
            return Err(ControlDataError::Trust);
        }
        Ok(Self {
            system: number(output, "Database system identifier")?,
            state: text(output, "Database cluster state")?.to_owned(),
            limits: Limits {
                connections: number(output, "max_connections setting")?,
                worker_processes: number(output, "max_worker_processes setting")?,
                prepared_transactions: number(output, "max_prepared_xacts setting")?,
                locks_per_transaction: number(output, "max_locks_per_xact setting")?,
            },
            track_commit_timestamp: text(output, "track_commit_timestamp setting")? == "on",
            wal_segment_bytes: number(output, "Bytes per WAL segment")?,
            checksums: text(output, "Data page checksum version")? != "0",
            timeline: number(output, "Latest checkpoint's TimeLineID")?,
            redo: place(output, "Latest checkpoint's REDO location")?,
            replayed: place(output, "Minimum recovery ending location")?,
        })
    }
}

fn text<'a>(output: &'a str, key: &'static str) -> Result<&'a str, ControlDataError> {
    let value = |line: &'a str| line.strip_prefix(key)?.strip_prefix(':').map(str::trim);
    output.lines().find_map(value).ok_or(ControlDataError::Read { key, found: None })
}

fn number<T: std::str::FromStr>(output: &str, key: &'static str) -> Result<T, ControlDataError> {
    let value = text(output, key)?;
    value.parse().map_err(|_| ControlDataError::Read { key, found: Some(value.to_owned()) })
}

/// A place in the log.
fn place(output: &str, key: &'static str) -> Result<u64, ControlDataError> {
    let value = text(output, key)?;
    lsn(value).ok_or_else(|| ControlDataError::Read { key, found: Some(value.to_owned()) })
}

/// A place in the log: two halves in hexadecimal digits.
pub(super) fn lsn(text: &str) -> Option<u64> {
    let half = |digits: &str| u32::from_str_radix(digits, 16).ok().map(u64::from);
    let (high, low) = text.split_once('/')?;
    Some(half(high)? << 32 | half(low)?)
}

#[cfg(test)]
pub(super) mod tests;
