//! How large a snapshot is, and what a run of it is given.

use contract::pods::SnapshotSize;
use serde::{Deserialize, Serialize};
use std::{num::NonZeroU16, time::Duration};

/// How much there is of a snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Size {
    /// The lengths of its files added up.
    pub bytes: u64,
    /// How many files.
    pub files: u64,
}

/// What a restore is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fit {
    /// The size it was fitted to, where that is known.
    pub size: Option<Size>,
    /// Of the volume.
    pub volume_bytes: u64,
    /// Of the restore container.
    pub memory_bytes: u64,
    /// Files restored at a time.
    pub parallel: NonZeroU16,
    /// Longest time it may take.
    pub deadline: Duration,
}

impl From<&SnapshotSize> for Size {
    fn from(size: &SnapshotSize) -> Self {
        Self { bytes: size.bytes, files: size.files }
    }
}
