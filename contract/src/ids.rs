//! Identifiers, parsed once at the border so that a malformed one has no spelling inside.
//!
//! Input: text from Canopy, labels or the environment. Output: newtypes that are safe to put into names, argv
//! (behind `--name=`) and URLs. Must not: normalise silently; what does not fit is an error that shows the value.

mod snapshot;
mod storage;
mod text;

pub use snapshot::SnapshotId;
pub use storage::{Bucket, Prefix, Region};
pub use text::BackupType;

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};
use uuid::Uuid;

/// A value that is not what its type needs: what was parsed, the value (shortened), and what was expected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} {value:?} is not valid: expected {expected}")]
pub struct InvalidId {
    /// Which kind of identifier was parsed.
    pub what: &'static str,
    /// The offending text, cut to 80 characters.
    pub value: String,
    /// What a valid one looks like.
    pub expected: &'static str,
}

impl InvalidId {
    pub(crate) fn new(what: &'static str, value: &str, expected: &'static str) -> Self {
        Self { what, value: value.chars().take(80).collect(), expected }
    }
}

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident, $what:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;
            fn from_str(text: &str) -> Result<Self, InvalidId> {
                Uuid::try_parse(text).map(Self).map_err(|_| InvalidId::new($what, text, "a UUID"))
            }
        }
    };
}

uuid_id!(
    /// A declaration at Canopy; a group-wide one expands to several entries that share it.
    ReplicaId, "replica id"
);
uuid_id!(
    /// The group of servers whose credentials are asked for.
    GroupId, "group id"
);
uuid_id!(
    /// The server whose backup is restored; also the kopia host name of its snapshots.
    ServerId, "server id"
);
uuid_id!(
    /// One attempt at restoring one snapshot; the idempotency key of its report.
    RunId, "run id"
);

/// What identifies a replica: one declaration may stand for several servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ReplicaKey {
    /// The declaration.
    pub replica_id: ReplicaId,
    /// The server under it.
    pub server_id: ServerId,
}

impl fmt::Display for ReplicaKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.replica_id, self.server_id)
    }
}

/// What a restored copy is for. Others are not served: an entry with one is set aside, never acted on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Intent {
    /// Prove the backup; read-only.
    Verify,
    /// Serve queries of guests; read-only.
    Analytics,
    /// Stand in for the lost server; writable.
    DisasterRecovery,
}

impl Intent {
    /// All of them, in the order they are advertised to Canopy.
    pub const ALL: [Self; 3] = [Self::Verify, Self::Analytics, Self::DisasterRecovery];

    /// The name on the wire and in labels.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Verify => "verify",
            Self::Analytics => "analytics",
            Self::DisasterRecovery => "disaster-recovery",
        }
    }

    /// Whether guests may write to the restored copy.
    pub fn is_writable(self) -> bool {
        matches!(self, Self::DisasterRecovery)
    }
}

impl fmt::Display for Intent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Intent {
    type Err = InvalidId;
    fn from_str(text: &str) -> Result<Self, InvalidId> {
        Self::ALL
            .into_iter()
            .find(|intent| intent.as_str() == text)
            .ok_or_else(|| InvalidId::new("intent", text, "verify, analytics or disaster-recovery"))
    }
}

#[cfg(test)]
mod tests;
