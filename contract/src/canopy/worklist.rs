//! The worklist: what should be running, restored, where and for what.

use crate::ids::{BackupType, GroupId, Intent, ReplicaId, ReplicaKey, ServerId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Body of `POST /restore-capabilities`; replaces the advertised set wholesale.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Capabilities {
    /// What this cluster can do; only these are dispatched to it.
    pub intents: Vec<Intent>,
}

/// The only kind of storage there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Storage {
    /// S3 or what speaks like it.
    S3,
}

/// One entry of `GET /restore-worklist`, as it stands on the wire.
///
/// Free texts (`name`, `snapshot_id`, the place in S3) are still unparsed here: a bad one must be reported for its
/// replica, not make the entry, or the list, unreadable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorklistEntry {
    /// The declaration; shared by the servers of a group-wide one.
    pub replica_id: ReplicaId,
    /// Whose credentials open the repository.
    pub group_id: GroupId,
    /// Whose backup it is.
    pub server_id: ServerId,
    /// The kind of backup.
    #[serde(rename = "type")]
    pub backup_type: BackupType,
    /// What the copy is for.
    pub intent: Intent,
    /// A person's name for it; any text.
    pub name: String,
    /// Greatest acceptable age in seconds of what is restored; null: always the latest.
    pub freshness_seconds: Option<u64>,
    /// The snapshot to run; null: none yet.
    pub snapshot_id: Option<String>,
    /// When that snapshot was taken.
    pub snapshot_at: Option<Timestamp>,
    /// Always S3.
    pub storage: Storage,
    /// Bucket of the repository.
    pub bucket: String,
    /// Key prefix of the repository, may be empty.
    pub prefix: String,
    /// Region of the bucket.
    pub region: String,
    /// Settings of newer servers; passed on as they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub params: Option<serde_json::Value>,
    /// Age after which newer servers call the replica overdue, seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overdue_after_seconds: Option<u64>,
}

impl WorklistEntry {
    /// What identifies the replica this entry asks for.
    pub fn key(&self) -> ReplicaKey {
        ReplicaKey { replica_id: self.replica_id, server_id: self.server_id }
    }
}
