//! What the sizing container leaves.

use super::{Failure, TerminationDocument, termination::cut};
use crate::ids::SnapshotId;
use serde::{Deserialize, Serialize};

/// How a look into the repository ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum SizingResult {
    /// The repository said how large the snapshot is.
    Sized(SnapshotSize),
    /// It did not.
    Failed(Failure),
}

/// How large a snapshot is once it is restored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SnapshotSize {
    /// Which.
    pub snapshot_id: SnapshotId,
    /// The lengths of its files added up.
    pub bytes: u64,
    /// How many files.
    pub files: u64,
}

impl TerminationDocument for SizingResult {
    fn shortened(&self, text_max: usize) -> Self {
        match self {
            Self::Sized(size) => Self::Sized(size.clone()),
            Self::Failed(failure) => {
                Self::Failed(Failure { reason: failure.reason, message: cut(&failure.message, text_max) })
            }
        }
    }
}
