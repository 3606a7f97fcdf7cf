//! S3, as far as restores feel it: buckets that answer or do not, and how far each restore has come.
//!
//! Input: which restore pods run, and whether their sidecars have credentials. Output: what became of each: still
//! reading, done, or given up as the proxy does after so long without a byte. Must not: fail a restore for another
//! reason; that is its fate's.

use crate::dice::Dice;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

/// A proxy holds requests through an outage for so long: a quarter of the restore's deadline.
const PATIENCE: Duration = Duration::from_secs(45);

/// How far a restore has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reading {
    /// It reads, or waits for the next byte.
    Goes(Duration),
    /// Nothing came for too long.
    GivenUp,
}

#[derive(Debug, Default)]
struct Restore {
    read_for: Duration,
    waits_for: Duration,
}

/// All buckets and restores.
#[derive(Debug, Default)]
pub(crate) struct State {
    silent: BTreeSet<String>,
    restores: BTreeMap<String, Restore>,
    pub(crate) outages: u64,
}

/// A handle on it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Storage(Arc<Mutex<State>>);

impl Storage {
    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    /// How far the restore of this pod has come.
    pub(crate) fn reading(&self, pod: &str) -> Reading {
        let state = self.lock();
        let Some(restore) = state.restores.get(pod) else { return Reading::Goes(Duration::ZERO) };
        if restore.waits_for >= PATIENCE { Reading::GivenUp } else { Reading::Goes(restore.read_for) }
    }
}

impl State {
    /// A bucket falls silent, or answers again.
    pub(crate) fn turn(&mut self, bucket: &str) {
        if !self.silent.remove(bucket) {
            self.outages += 1;
            self.silent.insert(bucket.to_owned());
        }
    }

    /// Every bucket answers.
    pub(crate) fn answer_all(&mut self) {
        self.silent.clear();
    }

    /// Restores that are no more are forgotten.
    pub(crate) fn keep(&mut self, pods: &BTreeSet<String>) {
        self.restores.retain(|pod, _| pods.contains(pod));
    }

    /// So much time passes for the restore of a pod, of which a fifth fails in a storm.
    pub(crate) fn pass(
        &mut self,
        pod: &str,
        bucket: &str,
        by: Duration,
        has_keys: bool,
        struck: &Dice,
        stormy: bool,
    ) {
        let answers = has_keys && !self.silent.contains(bucket) && !(stormy && struck.percent(20));
        let restore = self.restores.entry(pod.to_owned()).or_default();
        if restore.waits_for >= PATIENCE {
            return;
        }
        if answers {
            restore.read_for += by;
            restore.waits_for = Duration::ZERO;
        } else {
            restore.waits_for += by;
        }
    }
}
