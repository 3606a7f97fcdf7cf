//! Which buckets and groups do not answer at the moment, and who may ask whether they do again.
//!
//! Input: the records of all replicas and what the cluster shows of their runs. Output: for a scope, whether it is
//! out, and since when. Stateless: a restart knows as much as before. Must not: know why a replica wants to begin.

use super::{Policy, Wish, Worklist};
use crate::model::{Attempt, Ending, FailureClass, JobPhase, Reason, Replica, Run};
use contract::{ids::GroupId, names::NamespaceName};
use jiff::Timestamp;
use serde::Serialize;
use std::{collections::BTreeMap, fmt};

/// Replicas that must have met an outage before the others of their scope are spared the try: one alone may have a
/// trouble of its own.
const WITNESSES: usize = 2;

/// What answers or does not: S3 by bucket, Canopy's credentials by group.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// A bucket in S3.
    Bucket(String),
    /// Canopy's credentials for a group.
    Group(String),
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bucket(bucket) => write!(f, "S3 for bucket {bucket}"),
            Self::Group(group) => write!(f, "Canopy for group {group}"),
        }
    }
}

/// All scopes something is known of. Texts are made of them only where there is something to tell: each plan asks of
/// every replica.
#[derive(Debug, Default)]
pub(super) struct Breakers {
    buckets: BTreeMap<String, Known>,
    groups: BTreeMap<GroupId, Known>,
}

/// A scope, as it is looked up.
#[derive(Debug, Clone, Copy)]
enum Key<'a> {
    Bucket(&'a str),
    Group(GroupId),
}

impl Key<'_> {
    fn to_scope(self) -> Scope {
        match self {
            Self::Bucket(bucket) => Scope::Bucket(bucket.to_owned()),
            Self::Group(group) => Scope::Group(group.to_string()),
        }
    }
}

#[derive(Debug, Default)]
struct Known {
    failed: Vec<Timestamp>,
    answered: Option<Timestamp>,
    probing: Option<NamespaceName>,
}

/// Why an attempt in this scope is not begun.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Parked {
    /// What does not answer.
    pub scope: Scope,
    /// When it is asked again.
    pub until: Timestamp,
    /// Whose attempt asks it now.
    pub probing: Option<NamespaceName>,
}

impl Breakers {
    pub(super) fn of<'a>(
        replicas: impl Iterator<Item = &'a Replica>,
        worklist: &Worklist,
        now: Timestamp,
        policy: &Policy,
    ) -> Self {
        let mut breakers = Self::default();
        for replica in replicas {
            if let Some(attempt) = &replica.record.attempt {
                let asks = attempt.is_open() && may_ask(replica, attempt, worklist);
                for key in scopes(attempt.bucket.as_deref(), replica.identity.group) {
                    breakers.learn((replica, attempt, asks), key, now, policy);
                }
            }
        }
        breakers
    }

    fn get(&self, key: Key<'_>) -> Option<&Known> {
        match key {
            Key::Bucket(bucket) => self.buckets.get(bucket),
            Key::Group(group) => self.groups.get(&group),
        }
    }

    fn entry(&mut self, key: Key<'_>) -> &mut Known {
        match key {
            Key::Bucket(bucket) => self.buckets.entry(bucket.to_owned()).or_default(),
            Key::Group(group) => self.groups.entry(group).or_default(),
        }
    }

    fn learn(
        &mut self,
        (replica, attempt, asks): (&Replica, &Attempt, bool),
        key: Key<'_>,
        now: Timestamp,
        policy: &Policy,
    ) {
        let evidence = evidence(replica, attempt, key, now, policy);
        let known = self.entry(key);
        match evidence {
            Evidence::Failed(at) if at.saturating_add(policy.outage_window()).is_ok_and(|end| now < end) => {
                known.failed.push(at);
            }
            Evidence::Answered(at) => known.answered = known.answered.max(Some(at)),
            Evidence::Asking if asks => known.probing = Some(replica.namespace.clone()),
            Evidence::Asking | Evidence::Failed(_) | Evidence::None => {}
        }
    }

    /// Whether what `attempt`, which ended for this reason then, asked in vain has answered somebody since.
    pub(super) fn has_answered_since(
        &self,
        at: Timestamp,
        reason: Reason,
        attempt: &Attempt,
        group: GroupId,
    ) -> bool {
        let asked = scopes(attempt.bucket.as_deref(), group).find(|key| is_out(reason, *key));
        let known = asked.and_then(|key| self.get(key));
        known.is_some_and(|known| known.answered.is_some_and(|answered| answered > at))
    }

    /// Why an attempt may not begin; where it may, it is the probe of the scopes that are out.
    pub(super) fn admit(
        &mut self,
        namespace: &NamespaceName,
        bucket: Option<&str>,
        group: GroupId,
        now: Timestamp,
        policy: &Policy,
    ) -> Result<(), Parked> {
        for key in scopes(bucket, group) {
            let Some((known, last)) = self.get(key).and_then(|known| Some((known, known.out_since()?)))
            else {
                continue;
            };
            let until = last.saturating_add(policy.probe_pause).unwrap_or(Timestamp::MAX);
            if now < until || known.probing.is_some() {
                return Err(Parked { scope: key.to_scope(), until, probing: known.probing.clone() });
            }
        }
        for key in scopes(bucket, group) {
            self.entry(key).probing = Some(namespace.clone());
        }
        Ok(())
    }
}

impl Known {
    /// The last of enough failures that nothing has answered since.
    fn out_since(&self) -> Option<Timestamp> {
        let unanswered = self.failed.iter().filter(|at| self.answered.is_none_or(|answered| answered < **at));
        (unanswered.clone().count() >= WITNESSES).then(|| unanswered.max().copied())?
    }
}

enum Evidence {
    Failed(Timestamp),
    Answered(Timestamp),
    Asking,
    None,
}

fn scopes(bucket: Option<&str>, group: GroupId) -> impl Iterator<Item = Key<'_>> {
    [Some(Key::Group(group)), bucket.map(Key::Bucket)].into_iter().flatten()
}

/// Whether it is this scope that did not answer.
fn is_out(reason: Reason, key: Key<'_>) -> bool {
    match key {
        Key::Bucket(_) => reason == Reason::StorageUnavailable,
        Key::Group(_) => matches!(reason, Reason::CanopyUnavailable | Reason::GroupNotReady),
    }
}

/// What one attempt tells of a scope.
fn evidence(replica: &Replica, attempt: &Attempt, key: Key<'_>, now: Timestamp, policy: &Policy) -> Evidence {
    match &attempt.ending {
        None => asking(replica.runs.get(&attempt.run()).map(Box::as_ref), key, now, policy),
        Some(Ending::Succeeded { at }) => Evidence::Answered(*at),
        Some(Ending::Failed { at, reason }) if is_out(*reason, key) => Evidence::Failed(*at),
        Some(Ending::Failed { at, reason }) => match (reason.class(), key) {
            (FailureClass::BackupBad | FailureClass::VerificationFailed, _)
            | (FailureClass::Outage, Key::Group(_)) => Evidence::Answered(*at),
            _ => Evidence::None,
        },
    }
}

/// Whether an attempt in progress asks anybody anything. One of a namespace that goes does not, nor one of which
/// nothing is made yet, as long as nobody asks for it or an earlier restore may still write: the others need not wait.
fn may_ask(replica: &Replica, attempt: &Attempt, worklist: &Worklist) -> bool {
    let run = attempt.run();
    let wanted = || match worklist.wish(replica.identity.key) {
        Wish::Wanted(wanted) => wanted.identity == replica.identity,
        Wish::Unknown | Wish::Quarantined(_) | Wish::Absent => false,
    };
    let alone = || replica.runs.iter().all(|(name, other)| *name == run || !other.may_write());
    replica.going.is_none() && (replica.runs.contains_key(&run) || (wanted() && alone()))
}

/// An attempt in progress asks until it shows that it got what it asked for.
fn asking(run: Option<&Run>, key: Key<'_>, now: Timestamp, policy: &Policy) -> Evidence {
    let Some(run) = run else { return Evidence::Asking };
    if let Some(postgres) = &run.postgres {
        return Evidence::Answered(postgres.created_at);
    }
    match (&run.job, key) {
        (Some(job), Key::Group(_)) => Evidence::Answered(job.created_at),
        (Some(job), Key::Bucket(_)) if job.phase == JobPhase::Running => {
            let proven = job.created_at.saturating_add(policy.probe_patience()).unwrap_or(Timestamp::MAX);
            if now < proven { Evidence::Asking } else { Evidence::Answered(proven) }
        }
        _ => Evidence::Asking,
    }
}
