//! Why something failed, in a fixed few words: what reports, records, events and metrics call it.
//!
//! Input: what a pod, the cluster or Canopy said. Output: one [`Reason`], and by it alone the [`FailureClass`], so
//! that both can never contradict each other. Must not: carry a text from outside as a word.

use contract::pods::FailureReason;
use serde::{Deserialize, Serialize};
use std::fmt;

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
    /// A phase took longer than it may, and nobody said why.
    Deadline,
    /// Canopy or S3 does not answer: nothing is learnt about the backup, so nothing is reported about it.
    Outage,
    /// It is not wanted any more: nothing failed, so nothing is reported.
    Withdrawn,
}

macro_rules! reasons {
    ($($(#[$doc:meta])* $id:ident = $text:literal, $class:ident;)*) => {
        /// What went wrong, for programs; the text beside it is for people.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum Reason { $($(#[$doc])* #[serde(rename = $text)] $id,)* }

        impl Reason {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$id),*];

            /// The word in reports, records, metrics and events.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$id => $text,)* }
            }

            /// Who is to blame.
            pub fn class(self) -> FailureClass {
                match self { $(Self::$id => FailureClass::$class,)* }
            }
        }
    };
}

reasons! {
    /// The snapshot's id or place is no valid one.
    InvalidSnapshot = "invalid_snapshot", InvalidRequest;
    /// What the declaration asks of its data does not read.
    InvalidProbes = "invalid_probes", InvalidRequest;
    /// Canopy knows no declaration that grants credentials (403).
    NotGranted = "not_granted", CredentialsDenied;
    /// Canopy refuses credentials otherwise.
    CredentialsRefused = "credentials_refused", CredentialsDenied;
    /// The repository password is wrong.
    RepositoryPassword = "repository_password", BackupBad;
    /// The repository cannot be opened or read.
    RepositoryUnreadable = "repository_unreadable", BackupBad;
    /// The repository has no such snapshot.
    SnapshotNotFound = "snapshot_not_found", BackupBad;
    /// Kopia ended with an error, or left errors out.
    RestoreIncomplete = "restore_incomplete", BackupBad;
    /// No data directory in the snapshot.
    NoCluster = "no_cluster", BackupBad;
    /// Several data directories, and no rule that chooses one.
    AmbiguousCluster = "ambiguous_cluster", BackupBad;
    /// A major version that cannot be served.
    UnsupportedVersion = "unsupported_version", BackupBad;
    /// A link that leaves the volume.
    UnsafeLink = "unsafe_link", BackupBad;
    /// A tablespace whose files are not in the snapshot.
    MissingTablespace = "missing_tablespace", BackupBad;
    /// The server could not be brought up on the data.
    Recovery = "recovery", BackupBad;
    /// A mandatory check failed.
    CheckFailed = "check_failed", VerificationFailed;
    /// PostgreSQL answers, but a mandatory check is missing.
    Unsound = "unsound", VerificationFailed;
    /// A pod cannot use the environment it was started with.
    BadSpec = "bad_spec", Infrastructure;
    /// The proxy beside kopia did not come up.
    ProxyUnavailable = "proxy_unavailable", Infrastructure;
    /// The volume is full.
    NoSpace = "no_space", Infrastructure;
    /// The snapshot needs a larger volume than may be asked for.
    VolumeLimit = "volume_limit", Infrastructure;
    /// A container used more memory than it may.
    OomKilled = "oom_killed", Infrastructure;
    /// A restore was told to stop before it was done.
    Interrupted = "interrupted", Infrastructure;
    /// A pod was evicted from its node.
    Evicted = "evicted", Infrastructure;
    /// A pod's node is gone.
    NodeLost = "node_lost", Infrastructure;
    /// An image cannot be pulled.
    ImagePullFailed = "image_pull_failed", Infrastructure;
    /// No node takes the pod.
    Unschedulable = "unschedulable", Infrastructure;
    /// The volume is not provided.
    VolumePending = "volume_pending", Infrastructure;
    /// A quota leaves no room.
    QuotaExceeded = "quota_exceeded", Infrastructure;
    /// The API server, or a policy in it, refuses the object.
    Rejected = "rejected", Infrastructure;
    /// The operator lacks a right in the cluster.
    Forbidden = "forbidden", Infrastructure;
    /// A container cannot be made: a missing Secret, a bad command.
    ContainerFailed = "container_failed", Infrastructure;
    /// A password of the database is in no Secret any more.
    AccessLost = "access_lost", Infrastructure;
    /// A container ends again and again.
    CrashLoop = "crash_loop", Infrastructure;
    /// No pod was made, and nobody said why.
    NoPod = "no_pod", Infrastructure;
    /// A pod ended without leaving its result.
    ResultLost = "result_lost", Infrastructure;
    /// Another snapshot was restored than was asked for.
    WrongSnapshot = "wrong_snapshot", Infrastructure;
    /// Anything else a pod says.
    Internal = "internal", Infrastructure;
    /// A phase took too long.
    DeadlineExceeded = "deadline_exceeded", Deadline;
    /// S3 does not answer.
    StorageUnavailable = "storage_unavailable", Outage;
    /// Canopy, or what issues credentials behind it, does not answer.
    CanopyUnavailable = "canopy_unavailable", Outage;
    /// Canopy says that the group is not ready yet (409).
    GroupNotReady = "group_not_ready", Outage;
    /// The worklist does not name the replica, or no snapshot for it, any more.
    Withdrawn = "withdrawn", Withdrawn;
}

/// Something that went wrong, told by the cluster, Canopy or a pod.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Trouble {
    /// For programs.
    pub reason: Reason,
    /// For people.
    pub message: String,
}

impl Trouble {
    /// `reason`, in these words.
    pub fn new(reason: Reason, message: impl Into<String>) -> Self {
        Self { reason, message: message.into() }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}", self.reason.class().as_str(), self.reason.as_str(), self.message)
    }
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
            Self::Outage => "outage",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// Whether trying the same again can end differently.
    pub fn is_worth_retrying(self) -> bool {
        !matches!(self, Self::InvalidRequest)
    }

    /// Whether Canopy is told: what says nothing about the backup or its replica is no outcome.
    pub fn is_reported(self) -> bool {
        !matches!(self, Self::Outage | Self::Withdrawn)
    }
}

impl From<FailureReason> for Reason {
    fn from(reason: FailureReason) -> Self {
        match reason {
            FailureReason::BadSpec => Self::BadSpec,
            FailureReason::ProxyUnavailable => Self::ProxyUnavailable,
            FailureReason::StorageUnavailable => Self::StorageUnavailable,
            FailureReason::RepositoryPassword => Self::RepositoryPassword,
            FailureReason::RepositoryUnreadable => Self::RepositoryUnreadable,
            FailureReason::SnapshotNotFound => Self::SnapshotNotFound,
            FailureReason::Interrupted => Self::Interrupted,
            FailureReason::RestoreIncomplete => Self::RestoreIncomplete,
            FailureReason::NoSpace => Self::NoSpace,
            FailureReason::NoCluster => Self::NoCluster,
            FailureReason::AmbiguousCluster => Self::AmbiguousCluster,
            FailureReason::UnsupportedVersion => Self::UnsupportedVersion,
            FailureReason::UnsafeLink => Self::UnsafeLink,
            FailureReason::MissingTablespace => Self::MissingTablespace,
            FailureReason::Recovery => Self::Recovery,
            FailureReason::CheckFailed => Self::CheckFailed,
            FailureReason::Deadline => Self::DeadlineExceeded,
            FailureReason::Internal => Self::Internal,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{FailureClass, Reason, Trouble};
    use std::collections::BTreeSet;

    #[test]
    fn every_reason_has_a_word_of_its_own_that_is_also_what_is_stored() {
        let words: BTreeSet<&str> = Reason::ALL.iter().map(|reason| reason.as_str()).collect();
        assert_eq!(words.len(), Reason::ALL.len());
        for reason in Reason::ALL {
            assert_eq!(serde_json::to_value(reason).unwrap(), reason.as_str());
        }
    }

    #[test]
    fn the_text_of_a_trouble_begins_with_who_is_to_blame_and_for_what() {
        let trouble = Trouble::new(Reason::NoSpace, "the volume is full");
        assert_eq!(trouble.to_string(), "infrastructure: no_space: the volume is full");
    }

    #[test]
    fn what_says_nothing_about_the_backup_is_not_reported() {
        let silent: Vec<_> = Reason::ALL.iter().filter(|reason| !reason.class().is_reported()).collect();
        let expected =
            [Reason::StorageUnavailable, Reason::CanopyUnavailable, Reason::GroupNotReady, Reason::Withdrawn];
        assert_eq!(silent, expected.iter().collect::<Vec<_>>());
        assert!(FailureClass::BackupBad.is_reported());
    }
}
