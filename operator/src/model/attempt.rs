//! One attempt at one snapshot, as it is remembered on the namespace.

use super::{FailureClass, JobId, Reason};
use contract::{ids::ReplicaKey, ids::RunId, names::RunName};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The attempt in progress, or the last one that ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// The snapshot, exactly as the worklist named it.
    pub snapshot: String,
    /// When it was taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snapshot_at: Option<Timestamp>,
    /// The bucket it is read from; none: its place does not read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bucket: Option<String>,
    /// Counts the attempts of this replica from 1, whatever the snapshot; with the snapshot it names the run, so that
    /// no run is ever named twice.
    pub number: u32,
    /// Failures in a row before this attempt; decides how long the next pause is.
    #[serde(default)]
    pub failures_before: u32,
    /// When it was begun.
    pub started_at: Timestamp,
    /// That its restore was broken off and went on, where it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resumption: Option<Box<Resumption>>,
    /// How it ended; none: it is in progress.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ending: Option<Ending>,
}

/// A restore that goes on where another pod was broken off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resumption {
    /// How often it did.
    pub count: u32,
    /// The Job that was given up last.
    pub job: JobId,
    /// When that was decided.
    pub at: Timestamp,
}

/// How an attempt ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Ending {
    /// The snapshot is served.
    Succeeded {
        /// When.
        at: Timestamp,
    },
    /// It is not.
    Failed {
        /// When.
        at: Timestamp,
        /// What went wrong.
        #[serde(default = "unnamed")]
        reason: Reason,
    },
}

impl Attempt {
    /// The run of this attempt.
    pub fn run(&self) -> RunName {
        RunName::of(&self.snapshot, self.number)
    }

    /// The idempotency key of this attempt's report, in the namespace of this UID.
    pub fn run_id(&self, key: ReplicaKey, namespace_uid: &str) -> RunId {
        self.run().run_id(key, namespace_uid)
    }

    /// Since when something is to come of it: its beginning, or that it was gone on with.
    pub fn since(&self) -> Timestamp {
        self.resumption.as_ref().map_or(self.started_at, |resumption| resumption.at)
    }

    /// Whether it is still in progress.
    pub fn is_open(&self) -> bool {
        self.ending.is_none()
    }

    /// Failures in a row, this attempt included.
    pub fn failures(&self) -> u32 {
        match self.ending {
            Some(Ending::Failed { reason, .. }) if reason.class() == FailureClass::Withdrawn => {
                self.failures_before
            }
            Some(Ending::Failed { .. }) => self.failures_before.saturating_add(1),
            Some(Ending::Succeeded { .. }) => 0,
            None => self.failures_before,
        }
    }
}

/// What a record of before reasons were kept is read as.
fn unnamed() -> Reason {
    Reason::Internal
}
