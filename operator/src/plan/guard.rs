//! The teardown guard: when an absent entry may be believed to be gone.
//!
//! Input: each complete worklist, read after the capabilities were registered. Output: a verdict per replica.
//! A single list proves nothing: it may be empty or short for benign reasons. Kept in memory on purpose: a restart
//! forgets absences and so only ever delays a teardown.

use super::{Notice, Step, Worklist, policy::TeardownPolicy, worklist::Wish};
use crate::model::{Observed, Phase, Record, Replica};
use contract::{
    ids::ReplicaKey,
    names::{NamespaceName, annotations::RELEASE_TEARDOWN, labels},
};
use jiff::Timestamp;
use std::collections::BTreeMap;

/// Below this number of absent replicas a large share is no sign of a mistake, unless the whole list is empty.
const MASS_FLOOR: usize = 3;

/// What was seen of absences so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Guard {
    absences: BTreeMap<ReplicaKey, Absence>,
    mass: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Absence {
    lists: u32,
    since: Timestamp,
}

/// Whether a replica that is not in the worklist may be torn down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Not yet; why, for people.
    Keep {
        /// What is still missing, and how a person can release it.
        why: String,
    },
    /// It is gone, and has been since then.
    Gone {
        /// First list it was absent from.
        since: Timestamp,
    },
}

impl Guard {
    /// The guard after one more worklist. An incomplete one changes nothing.
    #[must_use]
    pub fn after(
        &self,
        worklist: &Worklist,
        observed: &Observed,
        now: Timestamp,
        policy: &TeardownPolicy,
    ) -> Self {
        if !worklist.is_complete() {
            return self.clone();
        }
        let keys: Vec<ReplicaKey> = observed
            .replicas()
            .filter(|replica| !replica.terminating)
            .map(|replica| replica.identity.key)
            .collect();
        let absences: BTreeMap<_, _> = keys
            .iter()
            .filter(|key| matches!(worklist.wish(**key), Wish::Absent))
            .map(|key| (*key, self.counted(*key, now)))
            .collect();
        let large = absences.len() >= MASS_FLOOR && absences.len() * 100 > keys.len() * policy.mass_percent;
        let mass = large || (worklist.is_empty() && !absences.is_empty());
        Self { absences, mass }
    }

    fn counted(&self, key: ReplicaKey, now: Timestamp) -> Absence {
        match self.absences.get(&key) {
            Some(absence) => Absence { lists: absence.lists.saturating_add(1), ..*absence },
            None => Absence { lists: 1, since: now },
        }
    }

    /// Whether teardown is held since too much is absent at once.
    pub fn is_held(&self) -> bool {
        self.mass
    }

    /// How many replicas are absent from the last complete worklist.
    pub fn absent(&self) -> usize {
        self.absences.len()
    }

    /// Whether an absent replica may be torn down.
    pub fn verdict(&self, replica: &Replica, now: Timestamp, policy: &TeardownPolicy) -> Verdict {
        let Some(absence) = self.absences.get(&replica.identity.key) else {
            return Verdict::Keep { why: "absent from no complete worklist since the start".to_owned() };
        };
        let gone = Verdict::Gone { since: absence.since };
        if replica.teardown_released_at.is_some_and(|at| at >= absence.since) {
            return gone;
        }
        let needed = if self.mass { policy.hold } else { policy.min };
        if absence.lists >= policy.absences && now.duration_since(absence.since) >= needed {
            return gone;
        }
        Verdict::Keep { why: self.keep_text(replica, *absence, needed) }
    }

    fn keep_text(&self, replica: &Replica, absence: Absence, needed: jiff::SignedDuration) -> String {
        let held = if self.mass { "; held, since a large share of all replicas is absent" } else { "" };
        format!(
            "absent from {} worklists since {}{held}; torn down when absent for {} s, or at once after: {}",
            absence.lists,
            absence.since,
            needed.as_secs(),
            release_command(&replica.namespace),
        )
    }
}

/// What a person enters to have an absent replica torn down at once.
pub fn release_command(namespace: &NamespaceName) -> String {
    released(namespace.as_str())
}

/// The same for all replicas of the installation in `home`; those that are present it leaves as they are, since only
/// a release that is younger than an absence counts.
pub fn release_command_for_all(home: &NamespaceName) -> String {
    released(&format!("--selector {}={home}", labels::OWNER))
}

fn released(which: &str) -> String {
    format!(
        "kubectl annotate namespace {which} {RELEASE_TEARDOWN}=$(date -u +%Y-%m-%dT%H:%M:%SZ) --overwrite"
    )
}

/// Tears a replica down: first it is said, then it is done.
pub(super) fn teardown(replica: &Replica) -> Step {
    let (namespace, owner) = (replica.namespace.clone(), replica.owner.clone());
    if replica.record.phase == Phase::Terminating {
        return Step::DeleteNamespace { namespace, owner };
    }
    let record = Box::new(Record { phase: Phase::Terminating, ..replica.record.clone() });
    Step::WriteRecord { namespace, owner, record, notice: Some(Notice::TearingDown) }
}
