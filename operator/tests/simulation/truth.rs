//! What is truly wanted, as it changes.

use crate::dice::Dice;
use contract::{
    canopy::{Storage, WorklistEntry},
    ids::{GroupId, Intent, ReplicaId, ReplicaKey, ServerId},
};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard},
};
use uuid::Uuid;

/// Where the backups of each group lie.
pub(crate) const BUCKETS: [&str; 2] = ["backups-even", "backups-odd"];

/// Names people give, and those that people do not give.
const NAMES: [&str; 6] =
    ["clinic", "Klinik Süd", "$(rm -rf /) `x`; --flag", "a_b", "a-b", "\u{202e}\nline\0two: [yaml"];

/// What is wrong with an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Poison {
    /// What it asks for cannot exist.
    Impossible,
    /// Its backup is bad, each time it is tried.
    BadBackup,
}

/// When snapshot 0 was taken; each next one an hour later.
const FIRST_SNAPSHOT: &str = "2026-01-01T00:00:00Z";

/// What Canopy's users want.
#[derive(Debug, Default)]
pub(crate) struct Wants {
    pub(crate) entries: BTreeMap<ReplicaKey, WorklistEntry>,
    /// Entries that were withdrawn, and when.
    pub(crate) withdrawn: BTreeMap<ReplicaKey, Timestamp>,
    /// Entries that never come to anything, and must not keep others from it.
    pub(crate) poison: BTreeMap<ReplicaKey, Poison>,
    /// Counts changes.
    pub(crate) version: u64,
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
        wants.version += 1;
        let all = wants.entries.keys().copied();
        let keys: Vec<ReplicaKey> = all.filter(|key| !wants.poison.contains_key(key)).collect();
        match dice.below(8) {
            0 if keys.len() < 8 => _ = wants.add(dice),
            1 if keys.len() > 2 => {
                let key = *dice.one_of(&keys).unwrap();
                wants.entries.remove(&key);
                wants.withdrawn.insert(key, now);
            }
            _ => {
                let Some(key) = dice.one_of(&keys) else { return };
                wants.renew(*key);
            }
        }
    }

    /// What was bad is good from now on: a sound snapshot is offered.
    pub(crate) fn heal(&self) {
        let mut wants = self.lock();
        wants.version += 1;
        let bad: Vec<ReplicaKey> = wants.poison.keys().copied().filter(|key| wants.is_bad(*key)).collect();
        for key in bad {
            wants.poison.remove(&key);
            wants.renew(key);
        }
    }
}

impl Wants {
    /// The entries, as Canopy lists them.
    pub(crate) fn listed(&self) -> impl Iterator<Item = &WorklistEntry> {
        self.entries.values()
    }

    /// Whether no attempt at it succeeds.
    pub(crate) fn is_bad(&self, key: ReplicaKey) -> bool {
        self.poison.get(&key) == Some(&Poison::BadBackup)
    }

    /// One more entry, of this kind of poison.
    pub(crate) fn add_poison(&mut self, dice: &Dice, poison: Poison) {
        let key = self.add(dice);
        self.renew(key);
        if poison == Poison::Impossible {
            let is_about_probes = self.made.is_multiple_of(2);
            let entry = self.entries.get_mut(&key).unwrap();
            if is_about_probes {
                entry.params = Some(json!({"probes": "SELECT true"}));
            } else {
                entry.snapshot_id = Some("--delete ../../etc $(id)".to_owned());
            }
        }
        self.poison.insert(key, poison);
    }

    fn renew(&mut self, key: ReplicaKey) {
        let (id, at) = self.snapshot();
        let entry = self.entries.get_mut(&key).unwrap();
        (entry.snapshot_id, entry.snapshot_at) = (Some(id), Some(at));
    }

    /// One more entry, half of the time without a snapshot.
    pub(crate) fn add(&mut self, dice: &Dice) -> ReplicaKey {
        self.made += 1;
        self.version += 1;
        let (id, at) = self.snapshot();
        let with = dice.percent(50);
        let (declaration, name) = (self.made.div_ceil(2), dice.one_of(&NAMES).unwrap());
        let group = declaration % 2;
        let entry = WorklistEntry {
            replica_id: ReplicaId(Uuid::from_u128(declaration)),
            server_id: ServerId(Uuid::from_u128(1000 + self.made)),
            group_id: GroupId(Uuid::from_u128(7 + group)),
            backup_type: "tamanu-postgres".parse().unwrap(),
            intent: *dice.one_of(&Intent::ALL).unwrap(),
            name: (*name).to_owned(),
            freshness_seconds: None,
            snapshot_id: with.then_some(id),
            snapshot_at: with.then_some(at),
            storage: Storage::S3,
            bucket: BUCKETS[usize::try_from(group).unwrap()].to_owned(),
            prefix: "clinic/$(HOME)/".to_owned(),
            region: "eu-1".to_owned(),
            params: (self.made.is_multiple_of(3)).then(
                || json!({"probes": [{"name": "rows", "sql": "SELECT count(*) > 0 FROM t -- $(HOME)"}]}),
            ),
            overdue_after_seconds: None,
        };
        let key = entry.key();
        self.entries.insert(key, entry);
        key
    }

    fn snapshot(&mut self) -> (String, Timestamp) {
        self.snapshots += 1;
        let first: Timestamp = FIRST_SNAPSHOT.parse().unwrap();
        let age = SignedDuration::from_hours(i64::try_from(self.snapshots).unwrap());
        (format!("{:032x}", self.snapshots), first + age)
    }
}
