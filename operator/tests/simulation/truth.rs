//! What is truly wanted, as it changes.

use crate::dice::Dice;
use contract::{
    canopy::{Storage, WorklistEntry},
    ids::{GroupId, Intent, ReplicaId, ReplicaKey, ServerId},
};
use jiff::{SignedDuration, Timestamp};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard},
};
use uuid::Uuid;

/// When snapshot 0 was taken; each next one an hour later.
const FIRST_SNAPSHOT: &str = "2026-01-01T00:00:00Z";

/// What Canopy's users want.
#[derive(Debug, Default)]
pub(crate) struct Wants {
    pub(crate) entries: BTreeMap<ReplicaKey, WorklistEntry>,
    /// Entries that were withdrawn, and when.
    pub(crate) withdrawn: BTreeMap<ReplicaKey, Timestamp>,
    made: u128,
    snapshots: u64,
}

/// A handle on it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Truth(Arc<Mutex<Wants>>);

impl Truth {
    pub(crate) fn lock(&self) -> MutexGuard<'_, Wants> {
        self.0.lock().unwrap()
    }

    /// Something changes: an entry more, one less, a newer snapshot, or a snapshot where there was none.
    pub(crate) fn change(&self, dice: &Dice, now: Timestamp) {
        let mut wants = self.lock();
        let keys: Vec<ReplicaKey> = wants.entries.keys().copied().collect();
        match dice.below(8) {
            0 if keys.len() < 8 => wants.add(dice),
            1 if keys.len() > 2 => {
                let key = *dice.one_of(&keys).unwrap();
                wants.entries.remove(&key);
                wants.withdrawn.insert(key, now);
            }
            _ => {
                let Some(key) = dice.one_of(&keys) else { return };
                let (id, at) = wants.snapshot();
                let entry = wants.entries.get_mut(key).unwrap();
                (entry.snapshot_id, entry.snapshot_at) = (Some(id), Some(at));
            }
        }
    }
}

impl Wants {
    /// One more entry, half of the time without a snapshot.
    pub(crate) fn add(&mut self, dice: &Dice) {
        self.made += 1;
        let (id, at) = self.snapshot();
        let with = dice.percent(50);
        let entry = WorklistEntry {
            replica_id: ReplicaId(Uuid::from_u128(self.made.div_ceil(2))),
            server_id: ServerId(Uuid::from_u128(1000 + self.made)),
            group_id: GroupId(Uuid::from_u128(7)),
            backup_type: "tamanu-postgres".parse().unwrap(),
            intent: *dice.one_of(&Intent::ALL).unwrap(),
            name: format!("clinic {}", self.made),
            freshness_seconds: None,
            snapshot_id: with.then_some(id),
            snapshot_at: with.then_some(at),
            storage: Storage::S3,
            bucket: "backups".to_owned(),
            prefix: "clinic/".to_owned(),
            region: "eu-1".to_owned(),
            params: None,
            overdue_after_seconds: None,
        };
        self.entries.insert(entry.key(), entry);
    }

    fn snapshot(&mut self) -> (String, Timestamp) {
        self.snapshots += 1;
        let first: Timestamp = FIRST_SNAPSHOT.parse().unwrap();
        let age = SignedDuration::from_hours(i64::try_from(self.snapshots).unwrap());
        (format!("{:032x}", self.snapshots), first + age)
    }
}
