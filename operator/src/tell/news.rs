//! What is worth telling people of a pass. Pure.

use super::{EventReason, Pass, standing::Condition};
use crate::{
    apply::{Applied, ApplyError, ClusterError, Taken},
    plan::{Because, Decision, Notice, Step, release_command_for_all},
};
use contract::names::{NamespaceName, RunName};
use std::collections::BTreeMap;

/// One thing to tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct News {
    /// What happened.
    pub reason: EventReason,
    /// To which namespace; none: to the installation.
    pub about: Option<NamespaceName>,
    /// In words.
    pub note: String,
}

/// What steps brought about: each is told when it is done, and a step that is done is not taken again.
pub(super) fn of_steps(pass: &Pass<'_>) -> Vec<News> {
    let told = |(step, outcome): &Taken| {
        let (reason, note) = match outcome {
            Ok(Applied::Done) => done(pass, step)?,
            Ok(Applied::Refused { why }) => (EventReason::ReportRefused, why.clone()),
            Ok(Applied::Stale | Applied::Hindered { .. }) | Err(_) => return None,
        };
        Some(News { reason, about: Some(step.namespace().clone()), note })
    };
    pass.outcomes.iter().filter_map(told).collect()
}

fn done(pass: &Pass<'_>, step: &Step) -> Option<(EventReason, String)> {
    let before = pass.replica(step.namespace()).map(|replica| &replica.record);
    match step {
        Step::CreateNamespace { .. } => {
            Some((EventReason::Provisioned, "the worklist asks for this replica".to_owned()))
        }
        Step::StartRestore { order, .. } => {
            let note = format!("snapshot {} is being restored as run {}", order.snapshot, order.run);
            Some((EventReason::RestoreStarted, note))
        }
        Step::WriteRecord { notice, .. } => notice.as_ref().map(noticed),
        Step::Serve { order, .. } => {
            let old = before?.serving_run.as_ref().filter(|old| **old != order.run)?;
            let note = format!("guests are sent to run {} from now on, and leave run {old}", order.run);
            Some((EventReason::Switched, note))
        }
        Step::RemoveRun { namespace, run, .. } if has_served(pass, namespace, run) => {
            Some((EventReason::Drained, format!("run {run} has had its time and is removed")))
        }
        Step::RemoveRun { .. }
        | Step::StartSizing { .. }
        | Step::RemoveJob { .. }
        | Step::StartPostgres(_)
        | Step::SendReport { .. }
        | Step::DeleteNamespace { .. } => None,
    }
}

fn noticed(notice: &Notice) -> (EventReason, String) {
    match notice {
        Notice::Verified { snapshot, .. } => {
            (EventReason::Verified, format!("snapshot {snapshot} is restored, sound, and served"))
        }
        Notice::Failed { message, .. } => (EventReason::RestoreFailed, message.clone()),
        Notice::Resumed { reason, message } => {
            let note = format!("it goes on where it was; broken off by {}: {message}", reason.as_str());
            (EventReason::RestoreResumed, note)
        }
        Notice::TearingDown => {
            let note = "the worklist has not named this replica for long enough; it is torn down";
            (EventReason::TeardownBegun, note.to_owned())
        }
    }
}

/// Whether guests of this run were sent elsewhere: its database was neither the last attempt's nor is it served.
fn has_served(pass: &Pass<'_>, namespace: &NamespaceName, run: &RunName) -> bool {
    pass.replica(namespace).is_some_and(|replica| {
        let record = &replica.record;
        let last = record.attempt.as_ref().is_some_and(|attempt| attempt.run() == *run);
        let database = replica.runs.get(run).is_some_and(|run| run.postgres.is_some());
        database && !last && record.serving_run.as_ref() != Some(run)
    })
}

/// What is not as it should be, and stays so until somebody does something.
pub(super) fn conditions(pass: &Pass<'_>) -> BTreeMap<Condition, String> {
    let unreadable = pass.before.unreadable.iter();
    let unreadable = unreadable.map(|(name, why)| (Condition::Unreadable(name.clone()), why.clone()));
    let collisions = pass.outcomes.iter().filter_map(|(step, outcome)| match outcome {
        Err(ApplyError::Cluster(error @ ClusterError::Foreign { .. })) => {
            Some((Condition::Collision(step.namespace().clone()), error.to_string()))
        }
        _ => None,
    });
    let rests = pass.plan.decisions.iter().filter_map(|(name, decision)| match decision {
        Decision::Rest(Because::Terminating { since, stuck: Some(waits_for) }) => {
            let note = format!("it is being deleted since {since}; waited for: {waits_for}");
            Some((Condition::Stuck(name.clone()), note))
        }
        Decision::Rest(Because::Parked(parked)) => {
            let note =
                format!("{} does not answer; one restore at a time finds out whether it does", parked.scope);
            Some((Condition::Parked(parked.scope.clone()), note))
        }
        Decision::Rest(Because::ServingTrouble { waiting_for: Some(trouble) }) => {
            Some((Condition::Trouble(name.clone()), trouble.to_string()))
        }
        _ => None,
    });
    let in_vain = pass.before.in_vain.iter();
    let in_vain = in_vain.map(|(name, why)| (Condition::Trouble(name.clone()), why.clone()));
    let rests = rests.chain(in_vain);
    let held = pass.guard.is_held().then(|| (Condition::Held, held(pass)));
    unreadable.chain(collisions).chain(rests).chain(held).collect()
}

fn held(pass: &Pass<'_>) -> String {
    format!(
        "{} of {} replicas are absent from the worklist at once; nothing is torn down until that is confirmed for long, \
         or released: {}",
        pass.guard.absent(),
        pass.before.count,
        release_command_for_all(pass.home),
    )
}
