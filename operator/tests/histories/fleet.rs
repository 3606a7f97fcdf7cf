//! What is truly wanted, and how an honest Canopy would say it.

use contract::{
    canopy::{Storage, WorklistEntry},
    ids::{GroupId, Intent, ReplicaId, ReplicaKey, ServerId},
};
use jiff::Timestamp;
use rand::{Rng, RngExt, rngs::StdRng, seq::IteratorRandom};
use std::collections::BTreeMap;
use uuid::Uuid;

/// Another tenant's numbers begin here.
const FIRST_STRANGER: u128 = 10_000_000;

/// Entries by key, those withdrawn among them with the time they were.
#[derive(Debug, Default)]
pub(crate) struct Fleet {
    wanted: BTreeMap<ReplicaKey, WorklistEntry>,
    pub(crate) withdrawn: BTreeMap<ReplicaKey, Timestamp>,
    made: u128,
}

impl Fleet {
    pub(crate) fn of(size: usize, rng: &mut StdRng) -> Self {
        let mut fleet = Self::default();
        for _ in 0..size {
            fleet.add(rng);
        }
        fleet
    }

    /// One more entry.
    pub(crate) fn add(&mut self, rng: &mut StdRng) {
        self.made += 1;
        let entry = entry(self.made, rng.random_bool(0.5));
        self.wanted.insert(entry.key(), entry);
    }

    /// One entry less.
    pub(crate) fn withdraw(&mut self, now: Timestamp, rng: &mut StdRng) {
        let Some(key) = self.wanted.keys().copied().choose(rng) else { return };
        self.wanted.remove(&key);
        self.withdrawn.insert(key, now);
    }

    pub(crate) fn wants(&self, key: ReplicaKey) -> bool {
        self.wanted.contains_key(&key)
    }

    pub(crate) fn entries(&self) -> Vec<WorklistEntry> {
        self.wanted.values().cloned().collect()
    }
}

/// Entry `number`; another tenant's have numbers of their own.
pub(crate) fn entry(number: u128, with_snapshot: bool) -> WorklistEntry {
    WorklistEntry {
        replica_id: ReplicaId(Uuid::from_u128(number)),
        group_id: GroupId(Uuid::from_u128(7)),
        server_id: ServerId(Uuid::from_u128(number + 1_000_000)),
        backup_type: "tamanu-postgres".parse().unwrap(),
        intent: Intent::Verify,
        name: format!("clinic {number}"),
        freshness_seconds: None,
        snapshot_id: with_snapshot.then(|| format!("{number:032x}")),
        snapshot_at: with_snapshot.then(|| "2026-05-01T00:00:00Z".parse().unwrap()),
        storage: Storage::S3,
        bucket: "backups".to_owned(),
        prefix: String::new(),
        region: "eu-1".to_owned(),
        params: None,
        overdue_after_seconds: None,
    }
}

/// A number of another tenant's.
pub(crate) fn stranger(rng: &mut impl Rng) -> u128 {
    rng.random_range(FIRST_STRANGER..FIRST_STRANGER + 40)
}

/// Whether `key` is another tenant's.
pub(crate) fn is_strange(key: ReplicaKey) -> bool {
    key.replica_id.0.as_u128() >= FIRST_STRANGER
}
