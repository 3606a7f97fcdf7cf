//! A postgres Deployment and its pod to how far the database is.

use super::{
    pod, slim, trouble,
    wire::{Deployment, Pod, Terminated},
};
use crate::model::{PostgresPhase, PostgresSeen, Reason, Trouble};
use contract::{
    names::objects::containers,
    pods::{PrepareReport, TerminationDocument},
};
use std::sync::Arc;

/// Restarts of the server after which it is not waited for any longer.
const CRASHES_MAX: i32 = 3;

/// What is kept of a Deployment.
pub(super) fn of_deployment(deployment: &Deployment) -> slim::Deployment {
    slim::Deployment {
        created_at: pod::created_at(deployment),
        going: pod::is_going(deployment),
        failure: replica_failure(deployment).map(Box::new),
    }
}

/// What is kept of its pod.
pub(super) fn of_pod(pod: &Pod) -> PostgresPhase {
    match pod::container(pod, containers::PREPARE).and_then(pod::ended) {
        Some(end) if end.exit_code == 0 => prepared(pod, end),
        Some(end) => refused(pod, end),
        None if pod::has_begun(pod, containers::PREPARE) => PostgresPhase::Preparing,
        None => PostgresPhase::Starting { waiting_for: pod::waiting_for(pod) },
    }
}

/// How the database of `deployment` stands.
pub(super) fn seen(deployment: &slim::Deployment, pod: Option<&PostgresPhase>) -> PostgresSeen {
    let waiting_for = || deployment.failure.as_deref().cloned();
    PostgresSeen {
        created_at: deployment.created_at,
        phase: pod.cloned().unwrap_or_else(|| PostgresPhase::Starting { waiting_for: waiting_for() }),
    }
}

/// `prepare` ended well: what counts now is whether the server answers.
fn prepared(pod: &Pod, end: &Terminated) -> PostgresPhase {
    let message = end.message.as_deref().unwrap_or_default();
    let report = match PrepareReport::from_termination_message(message) {
        Ok(report) => Arc::new(kept(report)),
        Err(error) => {
            let trouble = Trouble::new(Reason::ResultLost, error.to_string());
            return PostgresPhase::Failed { report: None, trouble };
        }
    };
    if pod::is_ready(pod) {
        return PostgresPhase::Ready(report);
    }
    let restarts = pod::container(pod, containers::POSTGRES).map_or(0, |status| status.restart_count);
    if restarts < CRASHES_MAX {
        return PostgresPhase::Preparing;
    }
    let Trouble { reason, message } = reason_of_end(pod, containers::POSTGRES, Reason::CrashLoop);
    let message = format!("PostgreSQL was prepared, but ends again and again: {message}");
    PostgresPhase::Failed { report: Some(report), trouble: Trouble::new(reason, message) }
}

/// A report without spare room: it is kept as long as its pod.
fn kept(mut report: PrepareReport) -> PrepareReport {
    report.checks.shrink_to_fit();
    report.databases.shrink_to_fit();
    report
}

fn refused(pod: &Pod, end: &Terminated) -> PostgresPhase {
    let report = PrepareReport::from_termination_message(end.message.as_deref().unwrap_or_default()).ok();
    let told = report.as_ref().and_then(|report| report.failure.as_ref());
    let trouble = told
        .map_or_else(|| silent(pod), |failure| Trouble::new(failure.reason.into(), failure.message.as_str()));
    PostgresPhase::Failed { report: report.map(kept).map(Arc::new), trouble }
}

fn silent(pod: &Pod) -> Trouble {
    let Trouble { reason, message } = reason_of_end(pod, containers::PREPARE, Reason::ResultLost);
    Trouble::new(reason, format!("prepare ended without a report: {message}"))
}

fn reason_of_end(pod: &Pod, container: &str, unnamed: Reason) -> Trouble {
    pod::reason_of_end(pod, container, unnamed).unwrap_or_else(|| Trouble::new(unnamed, pod::NO_REASON))
}

/// Why not even a pod was made: quota and admission speak here.
fn replica_failure(deployment: &Deployment) -> Option<Trouble> {
    let conditions = deployment.status.as_ref()?.conditions.as_ref()?;
    let failure = conditions.iter().find(|c| c.type_ == "ReplicaFailure" && c.status == "True")?;
    let message = failure.message.as_deref().unwrap_or_default();
    Some(Trouble::new(trouble::of_creation(message), message))
}
