//! The teardown guard: when an absent entry may be believed to be gone.
//!
//! Input: each complete worklist, read after the capabilities were registered. Output: a verdict per replica.
//! A single list proves nothing: it may be empty or short for benign reasons. Kept in memory on purpose: a restart
//! forgets absences and so only ever delays a teardown.

mod absence;
mod mass;

use absence::Absence;

use super::{Notice, Step, Worklist, policy::TeardownPolicy, worklist::Wish};
use crate::model::{Attempt, Ending, Observed, Phase, Reason, Record, Replica};
use contract::{
    ids::ReplicaKey,
    names::{NamespaceName, annotations::RELEASE_TEARDOWN, labels},
};
use jiff::{SignedDuration, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

/// What was seen of absences so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Guard {
    absences: BTreeMap<ReplicaKey, Absence>,
    /// Those that were there when the earliest current absence began: whatever is made since then, perhaps for
    /// another tenant's list, makes the share that is absent no smaller.
    elders: BTreeSet<ReplicaKey>,
    mass: bool,
    admitted: Vec<Timestamp>,
    read_at: Option<Timestamp>,
}

/// Whether a replica that is not in the worklist may be torn down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Not yet; why, for people.
    Keep {
        /// What is still missing, and how a person can release it.
        why: String,
    },
    /// It is gone, and may go since then.
    Gone {
        /// The list that admitted it.
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
        let staying: Vec<&Replica> = observed.replicas().filter(|replica| replica.going.is_none()).collect();
        let absent: Vec<&Replica> =
            staying.iter().copied().filter(|replica| is_absent(worklist, replica)).collect();
        let elders = self.elders(&staying);
        let mass = mass::looks_wrong(worklist, &staying, &absent, &elders, now, policy);
        let gap = absence::gap(self.read_at, now, policy);
        let counted = |replica: &&Replica| {
            let key = replica.identity.key;
            let absence = self.absences.get(&key).copied().unwrap_or_else(|| Absence::begun(now));
            (key, absence.again(gap, mass))
        };
        let absences = absent.iter().map(counted).collect();
        let admitted = self.admitted_within(observed, now, policy);
        let mut next = Self { absences, elders, mass, admitted, read_at: Some(now) };
        next.admit(&absent, now, policy);
        next
    }

    fn elders(&self, staying: &[&Replica]) -> BTreeSet<ReplicaKey> {
        let is_elder = |key: &ReplicaKey| self.absences.is_empty() || self.elders.contains(key);
        staying.iter().map(|replica| replica.identity.key).filter(is_elder).collect()
    }

    /// When the last window saw some let go. At the first list, whatever is on its way out counts as let go just now:
    /// a restart opens no second window.
    fn admitted_within(
        &self,
        observed: &Observed,
        now: Timestamp,
        policy: &TeardownPolicy,
    ) -> Vec<Timestamp> {
        if self.read_at.is_none() {
            return observed.replicas().filter(|replica| is_leaving(replica)).map(|_| now).collect();
        }
        self.admitted.iter().copied().filter(|at| now.duration_since(*at) < policy.window).collect()
    }

    /// Lets as many go as one window may see go: those a person released first, then the longest absent.
    fn admit(&mut self, absent: &[&Replica], now: Timestamp, policy: &TeardownPolicy) {
        let mut candidates = Vec::new();
        for replica in absent {
            let key = replica.identity.key;
            let Some(absence) = self.absences.get_mut(&key) else { continue };
            let released = is_released(replica, absence, now, policy);
            if !released && !absence.is_ripe(policy) {
                absence.admitted = None;
            } else if absence.admitted.is_none() {
                candidates.push((!released, absence.since, key));
            }
        }
        candidates.sort_unstable();
        let room = self.limit(policy).saturating_sub(self.admitted.len());
        for (_, _, key) in candidates.into_iter().take(room) {
            if let Some(absence) = self.absences.get_mut(&key) {
                absence.admitted = Some(now);
                self.admitted.push(now);
            }
        }
    }

    fn needed(&self, policy: &TeardownPolicy) -> SignedDuration {
        if self.mass { policy.hold } else { policy.min }
    }

    /// Teardowns that may begin within one window.
    fn limit(&self, policy: &TeardownPolicy) -> usize {
        policy.window_count.max(self.elders.len() * policy.window_percent / 100)
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
    pub fn verdict(&self, replica: &Replica, policy: &TeardownPolicy) -> Verdict {
        match self.absences.get(&replica.identity.key) {
            None => Verdict::Keep { why: "absent from no complete worklist since the start".to_owned() },
            Some(Absence { admitted: Some(since), .. }) => Verdict::Gone { since: *since },
            Some(absence) => Verdict::Keep { why: self.keep_text(replica, *absence, policy) },
        }
    }

    /// A release by a person that speaks of the absence of now and is not noted yet.
    pub(super) fn unnoted_release(&self, replica: &Replica, now: Timestamp) -> Option<Timestamp> {
        let absence = self.absences.get(&replica.identity.key)?;
        let at = replica.teardown_released_at.filter(|at| speaks_of(*at, absence, now))?;
        (replica.record.release_noted != Some(at)).then_some(at)
    }

    fn keep_text(&self, replica: &Replica, absence: Absence, policy: &TeardownPolicy) -> String {
        let held = if self.mass { "; held, since a large share of all replicas is absent" } else { "" };
        format!(
            "absent from {} worklists since {}{held}; torn down when absent from {} worklists and for {} s, no more \
             than {} within {} s, or with the next worklist after: {}",
            absence.lists(),
            absence.since,
            policy.absences,
            self.needed(policy).as_secs(),
            self.limit(policy),
            policy.window.as_secs(),
            release_command(&replica.namespace),
        )
    }
}

/// What a person enters to have an absent replica torn down with the next worklist.
pub fn release_command(namespace: &NamespaceName) -> String {
    release(namespace.as_str())
}

/// The same for all replicas of the installation in `home`; those that are present it leaves as they are, since only
/// a release that is younger than an absence counts.
pub fn release_command_for_all(home: &NamespaceName) -> String {
    release(&format!("--selector {}={home}", labels::OWNER))
}

fn release(which: &str) -> String {
    format!(
        "kubectl annotate namespace {which} {RELEASE_TEARDOWN}=$(date -u +%Y-%m-%dT%H:%M:%SZ) --overwrite"
    )
}

/// Whether nobody asks for `replica` as what it is; an entry of another identity asks for another replica.
fn is_absent(worklist: &Worklist, replica: &Replica) -> bool {
    match worklist.wish(replica.identity.key) {
        Wish::Absent => true,
        Wish::Wanted(wanted) => wanted.identity != replica.identity,
        Wish::Unknown | Wish::Quarantined(_) => false,
    }
}

/// Whether its teardown has begun.
fn is_leaving(replica: &Replica) -> bool {
    replica.going.is_some() || replica.record.phase == Phase::Terminating
}

/// Whether a person let it go after it was missed first. What was found so in another process's life stands in for
/// the hold, but for no more: that process may have seen more lists than this one.
fn is_released(replica: &Replica, absence: &Absence, now: Timestamp, policy: &TeardownPolicy) -> bool {
    let Some(at) = replica.teardown_released_at else { return false };
    let noted = replica.record.release_noted == Some(at);
    speaks_of(at, absence, now) || (noted && absence.is_watched(policy))
}

/// Whether a release made at `at` is about this absence; one that is dated ahead waits for its time.
fn speaks_of(at: Timestamp, absence: &Absence, now: Timestamp) -> bool {
    absence.since <= at && at <= now
}

/// Tears a replica down: first it is said, then it is done.
pub(super) fn teardown(replica: &Replica, now: Timestamp) -> Step {
    let (namespace, owner) = (replica.namespace.clone(), replica.owner.clone());
    if replica.record.phase == Phase::Terminating {
        return Step::DeleteNamespace { namespace, owner };
    }
    let attempt = replica.record.attempt.clone().map(|attempt| given_up(attempt, now));
    let record = Box::new(Record { phase: Phase::Terminating, attempt, ..replica.record.clone() });
    Step::WriteRecord { namespace, owner, record, notice: Some(Notice::TearingDown) }
}

/// An attempt nobody waits for any more: it neither failed nor is it reported.
fn given_up(attempt: Attempt, at: Timestamp) -> Attempt {
    let reason = Reason::Withdrawn;
    if attempt.is_open() {
        Attempt { ending: Some(Ending::Failed { at, reason }), ..attempt }
    } else {
        attempt
    }
}
