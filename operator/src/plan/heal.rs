//! A replica that serves is kept serving: what the cluster or a person took away is put back.

use super::{Because, Decision, Policy, Step, attempt};
use crate::model::{JobPhase, PostgresOrder, PostgresPhase, Replica, Run, Trouble};
use contract::pods::RowCounts;
use jiff::Timestamp;

/// What the serving run needs; none: nothing. A database that ends again and again is left to the cluster and to
/// people: it may hold what guests wrote, so nothing replaces it unasked.
pub(super) fn serving(replica: &Replica, policy: &Policy) -> Option<Decision> {
    let name = replica.record.serving_run.as_ref()?;
    let run = replica.runs.get(name)?;
    let Some(postgres) = &run.postgres else { return deployment(replica, run, policy) };
    let waiting_for = match &postgres.phase {
        PostgresPhase::Ready(report) => {
            let points_elsewhere = replica.service.as_ref().and_then(|s| s.run.as_ref()) != Some(name);
            return points_elsewhere.then(|| Decision::Do(attempt::serve(replica, name.clone(), report)));
        }
        PostgresPhase::Starting { waiting_for } => waiting_for.clone(),
        PostgresPhase::Preparing => None,
        PostgresPhase::Failed { trouble, .. } => Some(trouble.clone()),
    };
    Some(Decision::Rest(Because::ServingTrouble { waiting_for }))
}

/// Why putting it back is in vain, where it was tried for as long as a start may take.
pub fn in_vain<'a>(replica: &'a Replica, now: Timestamp, policy: &Policy) -> Option<&'a Trouble> {
    let hindrance = replica.hindered.as_ref()?;
    let serves = replica.record.serving_run.as_ref() == Some(&hindrance.run);
    let long = now.duration_since(hindrance.since) > policy.start_deadline;
    (serves && long).then_some(&hindrance.trouble)
}

/// Whether nothing is left of what served, so that only a new attempt can help.
pub(super) fn is_lost(replica: &Replica, policy: &Policy) -> bool {
    replica.record.serving_run.as_ref().is_some_and(|name| {
        replica
            .runs
            .get(name)
            .is_none_or(|run| run.postgres.is_none() && deployment(replica, run, policy).is_none())
    })
}

/// The Deployment is gone, the volume and what was restored to it are not. As long as the last pod of it may run there
/// is no second server on the volume.
fn deployment(replica: &Replica, run: &Run, policy: &Policy) -> Option<Decision> {
    let job = run.job.as_ref().filter(|_| run.volume && !run.writing)?;
    let JobPhase::Restored(restored) = &job.phase else { return None };
    if run.outlived {
        return Some(Decision::Rest(Because::ServingTrouble { waiting_for: None }));
    }
    Some(Decision::Do(Step::StartPostgres(PostgresOrder {
        namespace: replica.namespace.clone(),
        identity: replica.identity.clone(),
        run: replica.record.serving_run.clone()?,
        snapshot: replica.record.last_restored_snapshot_id.clone()?,
        snapshot_at: replica.record.last_restored_snapshot_at,
        postgres_major: restored.postgres_major,
        data_dir: restored.data_dir.clone(),
        deadline: attempt::verify_deadline(restored, policy),
        probes: job.probes.clone().unwrap_or_default(),
        // what is remembered is of this very run, and guests may have changed it since
        rows_before: RowCounts::default(),
    })))
}
