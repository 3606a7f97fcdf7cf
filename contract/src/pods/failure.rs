//! Why a pod's work failed.

use serde::{Deserialize, Serialize};
use std::fmt;

/// What the proxy tells kopia once its patience with S3 is at an end. Kopia repeats it among its last words, by which
/// `pgro-agent` tells an outage from a repository that is damaged.
pub const OUTAGE_MESSAGE: &str = "S3 or credentials for it cannot be had at the moment.";

/// The kind of failure, for programs; the message is for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureReason {
    /// The environment the pod was started with is not usable.
    BadSpec,
    /// The proxy did not come up, or kopia could not reach it.
    ProxyUnavailable,
    /// S3, or what stands before it, did not answer or answered 5xx for as long as the proxy holds: an outage, which
    /// says nothing about the backup.
    StorageUnavailable,
    /// The repository password is wrong.
    RepositoryPassword,
    /// The repository cannot be opened or read.
    RepositoryUnreadable,
    /// The repository has no such snapshot.
    SnapshotNotFound,
    /// It was told to stop before it was done: evicted, drained, or out of time.
    Interrupted,
    /// Kopia ended with an error, or left errors out.
    RestoreIncomplete,
    /// The volume is full.
    NoSpace,
    /// No data directory in the snapshot.
    NoCluster,
    /// Several data directories, and no rule that chooses one.
    AmbiguousCluster,
    /// A major version that cannot be served.
    UnsupportedVersion,
    /// A link that leaves the volume.
    UnsafeLink,
    /// A tablespace whose files are not in the snapshot.
    MissingTablespace,
    /// The server could not be brought up on the data.
    Recovery,
    /// A mandatory check failed.
    CheckFailed,
    /// A time budget ran out.
    Deadline,
    /// Anything else; the message says what.
    Internal,
}

/// A failed piece of work, told by the pod that did it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// For programs.
    pub reason: FailureReason,
    /// For people: what was attempted, on what, why it failed.
    pub message: String,
}

impl fmt::Display for FailureReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.reason, self.message)
    }
}
