//! What to do, decided: worklist, cluster and time in, a plan out.
//!
//! Input: values only, `now` included. Output: for every namespace and every entry one [`Decision`]: a step with all
//! its data, or the reason why nothing is done. Must not: ask a clock, a cluster or Canopy; have an effect.

mod attempt;
mod backoff;
mod because;
mod breaker;
mod cleanup;
mod conclude;
mod fit;
pub mod guard;
mod heal;
mod policy;
mod queue;
mod refresh;
mod replica;
mod report;
mod step;
mod worklist;

pub use because::Because;
pub use breaker::{Parked, Scope};
pub use guard::{Guard, Verdict, release_command, release_command_for_all};
pub use heal::in_vain as serves_in_vain;
pub use policy::{Policy, TeardownPolicy, VolumePolicy};
pub use step::{Notice, Step};
pub use worklist::{Wish, Worklist};

use crate::model::{Observed, Record, Replica, Seen, Wanted};
use contract::{ids::ReplicaKey, names::NamespaceName};
use jiff::{SignedDuration, Timestamp};
use queue::Queue;
use std::collections::BTreeMap;

/// When it is decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// The instant.
    pub now: Timestamp,
    /// Since when whoever decides can also act: what nobody did before is not too late yet.
    pub acting_since: Timestamp,
}

/// One decision per namespace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// Do this.
    Do(Step),
    /// Leave it alone, for this reason.
    Rest(Because),
}

/// What to do with everything there is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// By namespace, those still to be made included.
    pub decisions: BTreeMap<NamespaceName, Decision>,
}

impl Plan {
    /// The steps, in the order they are to be taken: those that free something come before those that take it.
    pub fn steps(&self) -> Vec<&Step> {
        let mut steps: Vec<&Step> = self.decisions.values().filter_map(Decision::step).collect();
        steps.sort_by_key(|step| step.rank());
        steps
    }
}

impl Decision {
    fn step(&self) -> Option<&Step> {
        match self {
            Self::Do(step) => Some(step),
            Self::Rest(_) => None,
        }
    }
}

/// Decides everything. Equal input gives an equal plan.
pub fn plan(
    worklist: &Worklist,
    observed: &Observed,
    guard: &Guard,
    moment: Moment,
    policy: &Policy,
) -> Plan {
    let now = moment.now;
    let mut queue = Queue::new(observed, worklist, now, policy);
    let catching_up = |namespace: &NamespaceName| (namespace.clone(), Decision::Rest(Because::CatchingUp));
    let behind = observed.behind.iter().map(catching_up);
    let context = replica::Context { complete: worklist.is_complete(), guard, moment, policy };
    let replicas =
        by_age(observed).into_iter().filter(|replica| !observed.behind.contains(&replica.namespace));
    let decided = replicas.map(|replica| {
        let wish = worklist.wish(replica.identity.key);
        (replica.namespace.clone(), replica::decide(replica, &wish, &context, &mut queue))
    });
    let unreadable = observed.namespaces.iter().filter_map(|(namespace, seen)| match seen {
        Seen::Unreadable { why, .. } => {
            Some((namespace.clone(), Decision::Rest(Because::Unreadable { why: why.clone() })))
        }
        Seen::Replica(_) => None,
    });
    // Made in one go, the map has no half empty nodes; of two decisions about one namespace the later counts.
    let mut decisions: BTreeMap<_, _> = behind.chain(decided).chain(unreadable).collect();
    let mut creations = policy.creations_per_minute.saturating_sub(made_lately(observed, now));
    let known = observed.keys();
    for wanted in worklist.entries().filter(|wanted| !known.contains(&wanted.identity.key)) {
        decisions.entry(wanted.namespace.clone()).or_insert_with(|| provision(wanted, &mut creations));
    }
    Plan { decisions }
}

/// Namespaces made within the last minute, those among them that are not seen yet.
fn made_lately(observed: &Observed, now: Timestamp) -> usize {
    let lately = |replica: &&Replica| now.duration_since(replica.created_at) < SignedDuration::from_mins(1);
    let unseen = observed.behind.iter().filter(|namespace| !observed.namespaces.contains_key(*namespace));
    observed.replicas().filter(lately).count() + unseen.count()
}

/// Oldest wish first, so that a queue of many is served fairly.
fn by_age(observed: &Observed) -> Vec<&Replica> {
    let waiting_since = |replica: &Replica| match &replica.record.attempt {
        Some(attempt) => attempt.started_at,
        None => replica.created_at,
    };
    let mut replicas: Vec<&Replica> = observed.replicas().collect();
    replicas.sort_unstable_by(|a, b| (waiting_since(a), &a.namespace).cmp(&(waiting_since(b), &b.namespace)));
    replicas
}

fn provision(wanted: &Wanted, creations: &mut usize) -> Decision {
    let Some(left) = creations.checked_sub(1) else { return Decision::Rest(Because::CreationLimited) };
    *creations = left;
    let record = replica::wished(&Record::default(), wanted);
    Decision::Do(Step::CreateNamespace {
        namespace: wanted.namespace.clone(),
        identity: wanted.identity.clone(),
        record: Box::new(record),
    })
}

/// The keys a plan may not tear down since their entries did not read.
pub type Quarantined = BTreeMap<ReplicaKey, String>;

#[cfg(test)]
pub(crate) mod tests;
