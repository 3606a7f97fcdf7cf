//! Runs nobody needs any more.

use super::{Because, Decision, Policy, Step};
use crate::model::{Attempt, Replica, Run};
use contract::names::RunName;
use jiff::Timestamp;

/// Removes the first run that is not needed and not going already; rests while the guests of one are given time to leave.
pub(super) fn next(replica: &Replica, now: Timestamp, policy: &Policy) -> Option<Decision> {
    let open = replica.record.attempt.as_ref().is_some_and(Attempt::is_open);
    let (run, seen) = replica.runs.iter().find(|(name, run)| !run.going && !is_kept(replica, name, run))?;
    let drained = replica.record.last_restored_at.map(|at| at.saturating_add(policy.drain).unwrap_or(at));
    match drained {
        Some(until) if now < until && seen.postgres.is_some() => {
            (!open).then_some(Decision::Rest(Because::Draining { until }))
        }
        _ => Some(Decision::Do(Step::RemoveRun {
            namespace: replica.namespace.clone(),
            owner: replica.owner.clone(),
            run: run.clone(),
        })),
    }
}

/// The serving run, the one in progress, and the Job of a failed one, whose log people want to read, are kept.
fn is_kept(replica: &Replica, name: &RunName, run: &Run) -> bool {
    let record = &replica.record;
    let is_last = |attempt: &Attempt| attempt.run() == *name;
    record.serving_run.as_ref() == Some(name)
        || record
            .attempt
            .as_ref()
            .is_some_and(|last| (last.is_open() || run.postgres.is_none()) && is_last(last))
}
