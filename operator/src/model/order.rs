//! What is to be built: validated input of the resource builders, without a choice left in it.

use super::{Fit, Identity, Source};
use contract::{
    ids::SnapshotId,
    names::{NamespaceName, RunName},
    pods::{DataDir, RowCounts},
    probes::Probes,
};
use jiff::Timestamp;
use std::time::Duration;

/// Ask the repository how large this snapshot is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SizingOrder {
    /// Where.
    pub namespace: NamespaceName,
    /// For whom.
    pub identity: Identity,
    /// The run the objects are named after.
    pub run: RunName,
    /// Which.
    pub snapshot: SnapshotId,
    /// Where it is.
    pub source: Source,
}

/// Restore this snapshot onto a volume of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RestoreOrder {
    /// Where.
    pub namespace: NamespaceName,
    /// For whom.
    pub identity: Identity,
    /// The run the objects are named after.
    pub run: RunName,
    /// What.
    pub snapshot: SnapshotId,
    /// From where.
    pub source: Source,
    /// With what.
    pub fit: Box<Fit>,
    /// What the declaration asks of its data, once that is restored.
    pub probes: Probes,
}

/// Bring PostgreSQL up on that volume.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostgresOrder {
    /// Where.
    pub namespace: NamespaceName,
    /// For whom.
    pub identity: Identity,
    /// The run the objects are named after.
    pub run: RunName,
    /// What was restored.
    pub snapshot: String,
    /// When that was taken.
    pub snapshot_at: Option<Timestamp>,
    /// Major version of the data.
    pub postgres_major: u16,
    /// Where in the volume it lies.
    pub data_dir: DataDir,
    /// Longest time recovery and checks may take together.
    pub deadline: Duration,
    /// What the declaration asks of its data.
    pub probes: Probes,
    /// What the last good run had; empty where nothing is to be held against it.
    pub rows_before: RowCounts,
}

/// Let guests in: point Service and Secrets to that run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServeOrder {
    /// Where.
    pub namespace: NamespaceName,
    /// For whom.
    pub identity: Identity,
    /// The run that serves from now on.
    pub run: RunName,
    /// The database guests are sent to.
    pub database: String,
}
