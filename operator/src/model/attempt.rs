//! One attempt at one snapshot, as it is remembered on the namespace.

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
    /// Counts attempts at this snapshot from 1; with the snapshot it names the run.
    pub number: u32,
    /// Failures in a row at this snapshot before this attempt; decides how long the next pause is.
    #[serde(default)]
    pub failures_before: u32,
    /// When it was begun.
    pub started_at: Timestamp,
    /// How it ended; none: it is in progress.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ending: Option<Ending>,
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
        /// Who or what is to blame.
        class: FailureClass,
    },
}

/// Who or what is to blame for a failure, and so what a retry can hope for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureClass {
    /// The worklist asks for something that cannot exist; only another entry helps.
    InvalidRequest,
    /// Canopy grants no credentials.
    CredentialsDenied,
    /// The repository or the data in it is bad.
    BackupBad,
    /// Restored, but not sound.
    VerificationFailed,
    /// The cluster could not run it: no node, no image, no memory, a lost pod.
    Infrastructure,
    /// A phase took longer than it may.
    Deadline,
}

impl FailureClass {
    /// The name in reports, metrics and events' messages.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::CredentialsDenied => "credentials_denied",
            Self::BackupBad => "backup_bad",
            Self::VerificationFailed => "verification_failed",
            Self::Infrastructure => "infrastructure",
            Self::Deadline => "deadline",
        }
    }

    /// Whether trying the same again can end differently.
    pub fn is_worth_retrying(self) -> bool {
        !matches!(self, Self::InvalidRequest)
    }
}

impl Attempt {
    /// The run of this attempt.
    pub fn run(&self) -> RunName {
        RunName::of(&self.snapshot, self.number)
    }

    /// The idempotency key of this attempt's report.
    pub fn run_id(&self, key: ReplicaKey) -> RunId {
        self.run().run_id(key)
    }

    /// Whether it is still in progress.
    pub fn is_open(&self) -> bool {
        self.ending.is_none()
    }

    /// Failures in a row at this snapshot, this attempt included.
    pub fn failures(&self) -> u32 {
        match self.ending {
            Some(Ending::Failed { .. }) => self.failures_before.saturating_add(1),
            Some(Ending::Succeeded { .. }) => 0,
            None => self.failures_before,
        }
    }
}
