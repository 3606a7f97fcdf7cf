//! An entry that is always on the worklist, and never has a snapshot.
//!
//! A worklist that becomes empty looks like a mistake, and the operator then holds every teardown for an hour: rightly,
//! but not what a test of an ordinary withdrawal is about. With this entry the list is never empty.

use anyhow::Result;
use contract::canopy::{Storage, WorklistEntry};
use contract::ids::{GroupId, Intent, ReplicaId, ServerId};
use stub_canopy::ControlClient;
use uuid::Uuid;

/// Every id of the anchor; recognisable, and not a random one.
const ID: Uuid = Uuid::from_u128(0xa9c4_0000_0000_4000_8000_0000_0000_0001);

/// Whether a declaration is the anchor's.
pub fn is_anchor(replica: ReplicaId) -> bool {
    replica == ReplicaId(ID)
}

/// Puts the entry on the worklist, if need be again.
pub(super) async fn drop(control: &ControlClient) -> Result<()> {
    Ok(control.put_entry(&entry()?).await?)
}

fn entry() -> Result<WorklistEntry> {
    Ok(WorklistEntry {
        replica_id: ReplicaId(ID),
        group_id: GroupId(ID),
        server_id: ServerId(ID),
        backup_type: "anchor".parse()?,
        intent: Intent::Verify,
        name: "anchor".into(),
        freshness_seconds: None,
        snapshot_id: None,
        snapshot_at: None,
        storage: Storage::S3,
        bucket: "anchor".into(),
        prefix: String::new(),
        region: "us-east-1".into(),
        params: None,
        overdue_after_seconds: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_anchor_never_asks_for_a_restore() {
        let entry = entry().unwrap();
        assert!(is_anchor(entry.replica_id) && entry.snapshot_id.is_none());
    }
}
