//! A postgres Deployment and its pod to how far the database is.

use super::pod;
use crate::model::{PostgresPhase, PostgresSeen};
use contract::{
    names::objects::containers,
    pods::{PrepareReport, TerminationDocument},
};
use jiff::Timestamp;
use k8s_openapi::api::{
    apps::v1::Deployment,
    core::v1::{ContainerStateTerminated, Pod},
};
use kube::ResourceExt;
use std::sync::Arc;

/// Restarts of the server after which it is not waited for any longer.
const CRASHES_MAX: i32 = 3;

/// How the database of `deployment` stands.
pub(super) fn seen(deployment: &Deployment, pods: &[&Pod]) -> PostgresSeen {
    PostgresSeen {
        created_at: deployment.creation_timestamp().map_or(Timestamp::UNIX_EPOCH, |time| time.0),
        phase: match pod::newest(pods) {
            Some(pod) => phase(pod),
            None => PostgresPhase::Starting { waiting_for: replica_failure(deployment) },
        },
    }
}

fn phase(pod: &Pod) -> PostgresPhase {
    match pod::container(pod, containers::PREPARE).and_then(pod::ended) {
        Some(end) if end.exit_code == 0 => prepared(pod, end),
        Some(end) => refused(pod, end),
        None if pod::has_started(pod) => PostgresPhase::Preparing,
        None => PostgresPhase::Starting { waiting_for: pod::waiting_for(pod) },
    }
}

/// `prepare` ended well: what counts now is whether the server answers.
fn prepared(pod: &Pod, end: &ContainerStateTerminated) -> PostgresPhase {
    let message = end.message.as_deref().unwrap_or_default();
    let report = match PrepareReport::from_termination_message(message) {
        Ok(report) => Arc::new(report),
        Err(error) => return PostgresPhase::Failed { report: None, message: error.to_string() },
    };
    if pod::is_ready(pod) {
        return PostgresPhase::Ready(report);
    }
    let restarts = pod::container(pod, containers::POSTGRES).map_or(0, |status| status.restart_count);
    if restarts < CRASHES_MAX {
        return PostgresPhase::Preparing;
    }
    let why = pod::reason_of_end(pod, containers::POSTGRES);
    let message = format!("PostgreSQL was prepared, but ends again and again: {why}");
    PostgresPhase::Failed { report: Some(report), message }
}

fn refused(pod: &Pod, end: &ContainerStateTerminated) -> PostgresPhase {
    let report = PrepareReport::from_termination_message(end.message.as_deref().unwrap_or_default()).ok();
    let told = report.as_ref().and_then(|report| report.failure.as_ref()).map(ToString::to_string);
    let message = told.unwrap_or_else(|| {
        format!("prepare ended without a report: {}", pod::reason_of_end(pod, containers::PREPARE))
    });
    PostgresPhase::Failed { report: report.map(Arc::new), message }
}

/// Why not even a pod was made: quota and admission speak here.
fn replica_failure(deployment: &Deployment) -> Option<String> {
    let conditions = deployment.status.as_ref()?.conditions.as_ref()?;
    conditions.iter().find(|c| c.type_ == "ReplicaFailure" && c.status == "True")?.message.clone()
}
