//! Who a replica is: what its labels say, for ever.

use contract::ids::{BackupType, GroupId, Intent, ReplicaKey};

/// The immutable part of a replica.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Identity {
    /// Declaration and server.
    pub key: ReplicaKey,
    /// Whose repository.
    pub group: GroupId,
    /// Kind of backup.
    pub backup_type: BackupType,
    /// What the copy is for.
    pub intent: Intent,
}
