//! The record of a replica: every annotation of its namespace that is ours, as one struct.
//!
//! This is the only reader and writer of annotation keys. What does not parse is an error that names key and value:
//! the namespace is then left alone, never guessed at.

mod annotations;

pub use annotations::UnreadableRecord;

use super::Attempt;
use contract::{
    canopy::Verification,
    names::RunName,
    pods::{RowCounts, SnapshotSize},
};
use jiff::Timestamp;
use std::{fmt, str::FromStr};

/// Where a replica stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Phase {
    /// Nothing has begun yet.
    #[default]
    Pending,
    /// Its first snapshot, or the first after a failure, is being restored.
    Restoring,
    /// It is restored and being checked.
    Verifying,
    /// It serves.
    Active,
    /// The last attempt failed and nothing serves.
    Failed,
    /// It is being torn down.
    Terminating,
}

impl Phase {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Pending, Self::Restoring, Self::Verifying, Self::Active, Self::Failed, Self::Terminating];

    /// The text in annotation `restore-state`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Restoring => "restoring",
            Self::Verifying => "verifying",
            Self::Active => "active",
            Self::Failed => "failed",
            Self::Terminating => "terminating",
        }
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Phase {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|p| p.as_str() == text).ok_or_else(|| format!("unknown state {text:?}"))
    }
}

/// Everything pgro remembers of a replica between two looks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Record {
    /// `restore-state`.
    pub phase: Phase,
    /// The worklist's name for it.
    pub display_name: Option<String>,
    /// What the worklist asks for.
    pub desired_snapshot_id: Option<String>,
    /// When that was taken.
    pub desired_snapshot_at: Option<Timestamp>,
    /// What is served.
    pub last_restored_snapshot_id: Option<String>,
    /// When that was taken.
    pub last_restored_snapshot_at: Option<Timestamp>,
    /// How many rows each database of it holds; empty where it is not known, or not to be held against the next.
    pub last_restored_rows: RowCounts,
    /// Since when it is served.
    pub last_restored_at: Option<Timestamp>,
    /// The run that is served.
    pub serving_run: Option<RunName>,
    /// Version of the server.
    pub postgres_version: Option<String>,
    /// The last acknowledged report.
    pub last_verification_reported_at: Option<Timestamp>,
    /// Why the last attempt failed.
    pub last_verification_error: Option<String>,
    /// Why Canopy refused a report for good, until it takes a later one.
    pub last_report_refusal: Option<String>,
    /// A person asks for a new restore, with this value.
    pub force_refresh: Option<String>,
    /// The value that was acted on last.
    pub force_refresh_acted_on: Option<String>,
    /// A person's release of a held teardown that was found to speak of the absence of now.
    pub release_noted: Option<Timestamp>,
    /// How large the snapshot of the last attempt is, until it is served.
    pub snapshot_size: Option<Box<SnapshotSize>>,
    /// Least size of the next volume, bytes, since one proved too small.
    pub volume_min_bytes: Option<u64>,
    /// The attempt in progress, or the last one.
    pub attempt: Option<Attempt>,
    /// Reports written down and not yet acknowledged, oldest first.
    pub outbox: Vec<Verification>,
}

/// Longest text that is kept of a refusal, characters.
const REFUSAL_MAX: usize = 500;

impl Record {
    /// The same record, with why Canopy refused the report that is no longer in it.
    #[must_use]
    pub fn refused_because(mut self, why: &str) -> Self {
        self.last_report_refusal = Some(why.chars().take(REFUSAL_MAX).collect());
        self
    }
}

#[cfg(test)]
mod tests;
