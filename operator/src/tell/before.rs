//! What has to be known of the cluster as it was decided on, once the steps are taken: the picture itself goes on.
//!
//! Input: one look at everything. Output: the replicas that have a step, and the figures of all. Must not: keep the
//! picture, which is too large to be copied at every pass.

use crate::{
    metrics::ReplicaFigures,
    model::{Attempt, Observed, PostgresPhase, Replica, Run, Seen},
    plan::{self, Plan, Policy, Wish, Worklist},
};
use contract::{names::NamespaceName, pods::PrepareReport};
use jiff::Timestamp;
use std::collections::BTreeMap;

/// The cluster before the steps of a pass.
#[derive(Debug, Clone, Default)]
pub struct Before {
    /// The replicas that have a step.
    pub(super) replicas: BTreeMap<NamespaceName, Replica>,
    /// Namespaces that do not read, and why.
    pub(super) unreadable: BTreeMap<NamespaceName, String>,
    /// Namespaces in which putting back what serves is in vain, and why.
    pub(super) in_vain: BTreeMap<NamespaceName, String>,
    /// How many replicas there are.
    pub(super) count: usize,
    /// How many attempts are open.
    pub(super) open: usize,
    /// How many reports wait.
    pub(super) reports: usize,
    /// What a scraper is told of each.
    pub(super) figures: Vec<ReplicaFigures>,
}

impl Before {
    /// Of what `plan` was made from.
    pub fn of(
        observed: &Observed,
        worklist: &Worklist,
        plan: &Plan,
        now: Timestamp,
        policy: &Policy,
    ) -> Self {
        let figures = Vec::with_capacity(observed.namespaces.len());
        let mut before = Self { figures, ..Self::default() };
        for (namespace, seen) in &observed.namespaces {
            match seen {
                Seen::Replica(replica) => {
                    before.add(replica, worklist, now);
                    if let Some(trouble) = plan::serves_in_vain(replica, now, policy) {
                        before.in_vain.insert(namespace.clone(), trouble.to_string());
                    }
                }
                Seen::Unreadable { why, .. } => {
                    before.unreadable.insert(namespace.clone(), why.clone());
                }
            }
        }
        for step in plan.steps() {
            if let Some(Seen::Replica(replica)) = observed.namespaces.get(step.namespace()) {
                before.replicas.insert(replica.namespace.clone(), Replica::clone(replica));
            }
        }
        before
    }

    fn add(&mut self, replica: &Replica, worklist: &Worklist, now: Timestamp) {
        self.count += 1;
        self.open += usize::from(replica.record.attempt.as_ref().is_some_and(Attempt::is_open));
        self.reports += replica.record.outbox.len();
        self.figures.push(figures(replica, worklist, now));
    }
}

/// What the database of a run was found to be, where one was.
pub(super) fn report(run: &Run) -> Option<&PrepareReport> {
    match &run.postgres.as_ref()?.phase {
        PostgresPhase::Ready(report) => Some(report),
        PostgresPhase::Failed { report, .. } => report.as_deref(),
        PostgresPhase::Starting { .. } | PostgresPhase::Preparing => None,
    }
}

fn figures(replica: &Replica, worklist: &Worklist, now: Timestamp) -> ReplicaFigures {
    let record = &replica.record;
    let served = record.serving_run.as_ref().and_then(|run| report(replica.runs.get(run)?));
    ReplicaFigures {
        namespace: replica.namespace.clone(),
        identity: replica.identity.clone(),
        verified_at: record.last_restored_at,
        snapshot_at: record.last_restored_snapshot_at,
        overdue: is_overdue(replica, worklist, now),
        failures: record.attempt.as_ref().map_or(0, Attempt::failures),
        fixes: served.map(|report| report.fixes.clone()).unwrap_or_default(),
    }
}

/// Whether what is served, or where nothing is the replica itself, is older than the worklist allows: by the
/// age it calls overdue, or else by the one it calls fresh.
fn is_overdue(replica: &Replica, worklist: &Worklist, now: Timestamp) -> bool {
    let Wish::Wanted(wanted) = worklist.wish(replica.identity.key) else { return false };
    let since = replica.record.last_restored_at.unwrap_or(replica.created_at);
    wanted.overdue_after.or(wanted.freshness).is_some_and(|allowed| now.duration_since(since) > allowed)
}
