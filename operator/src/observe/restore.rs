//! A restore Job and its pod to how far the restore is.

use super::{pod, slim};
use crate::model::{JobPhase, JobSeen};
use contract::{
    names::{annotations, objects::containers},
    pods::{RestoreResult, TerminationDocument},
};
use k8s_openapi::api::{batch::v1::Job, core::v1::Pod};
use kube::ResourceExt;

/// What is kept of a Job.
pub(super) fn of_job(job: &Job) -> slim::Job {
    slim::Job {
        created_at: pod::created_at(job),
        going: pod::is_going(job),
        end: ending(job),
        traffic: job.annotations().get(annotations::TRAFFIC).and_then(|text| serde_json::from_str(text).ok()),
    }
}

/// What is kept of its pod.
pub(super) fn of_pod(pod: &Pod) -> slim::RestorePod {
    slim::RestorePod {
        started: pod::has_started(pod),
        waiting_for: pod::waiting_for(pod).map(String::into_boxed_str),
        told: told(pod).map(Box::new),
        reason: pod::reason_of_end(pod, containers::RESTORE).map(String::into_boxed_str),
    }
}

/// How the restore of `job` stands. Its end is believed when the Job itself has ended: only then has the proxy,
/// which is stopped last, told its figures.
pub(super) fn seen(job: &slim::Job, pod: Option<&slim::RestorePod>) -> JobSeen {
    let told = pod.and_then(|pod| pod.told.as_deref());
    let phase = match &job.end {
        Some(slim::End::Complete) => told.cloned().unwrap_or_else(|| lost(pod, "its pod is gone")),
        Some(slim::End::Failed(why)) => match told {
            Some(JobPhase::Restored(_)) | None => lost(pod, why),
            Some(phase) => phase.clone(),
        },
        None if pod.is_some_and(|pod| pod.started) => JobPhase::Running,
        None => JobPhase::Starting { waiting_for: pod.and_then(|pod| Some(pod.waiting_for.clone()?.into())) },
    };
    JobSeen { created_at: job.created_at, phase, traffic: job.traffic }
}

fn ending(job: &Job) -> Option<slim::End> {
    let conditions = job.status.as_ref()?.conditions.as_ref()?;
    conditions.iter().filter(|condition| condition.status == "True").find_map(|condition| {
        let why = || condition.reason.clone().or(condition.message.clone()).unwrap_or_default();
        match condition.type_.as_str() {
            "Complete" => Some(slim::End::Complete),
            "Failed" => Some(slim::End::Failed(why().into_boxed_str())),
            _ => None,
        }
    })
}

/// What the restore container itself said; a success it said counts only with exit code 0.
fn told(pod: &Pod) -> Option<JobPhase> {
    let end = pod::container(pod, containers::RESTORE).and_then(pod::ended)?;
    match RestoreResult::from_termination_message(end.message.as_deref()?) {
        Ok(RestoreResult::Restored(restored)) if end.exit_code == 0 => Some(JobPhase::Restored(restored)),
        Ok(RestoreResult::Failed(failure)) => Some(JobPhase::Failed(failure)),
        Ok(RestoreResult::Restored(_)) => {
            Some(JobPhase::Lost(format!("it claims success and ended with exit code {}", end.exit_code)))
        }
        Err(error) => Some(JobPhase::Lost(error.to_string())),
    }
}

fn lost(pod: Option<&slim::RestorePod>, why: &str) -> JobPhase {
    match pod {
        Some(pod) => JobPhase::Lost(format!("{}; {why}", pod.reason.as_deref().unwrap_or(pod::NO_REASON))),
        None => JobPhase::Lost(why.to_owned()),
    }
}
