//! What the restore container leaves.

use super::{DataDir, Failure, TerminationDocument, termination::cut};
use crate::ids::SnapshotId;
use serde::{Deserialize, Serialize};

/// How a restore ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum RestoreResult {
    /// Every file of the snapshot is on the volume.
    Restored(Restored),
    /// It is not.
    Failed(Failure),
}

/// A complete restore.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Restored {
    /// The snapshot that was asked for and restored.
    pub snapshot_id: SnapshotId,
    /// The data directory found in it.
    pub data_dir: DataDir,
    /// Major version of its PostgreSQL.
    pub postgres_major: u16,
    /// Files restored.
    pub files: u64,
    /// Bytes restored.
    pub bytes: u64,
}

impl TerminationDocument for RestoreResult {
    fn shortened(&self, text_max: usize) -> Self {
        match self {
            Self::Restored(restored) => Self::Restored(restored.clone()),
            Self::Failed(failure) => {
                Self::Failed(Failure { reason: failure.reason, message: cut(&failure.message, text_max) })
            }
        }
    }
}
