//! A restore Job and its pod to how far the restore is.

use super::pod;
use crate::model::{JobPhase, JobSeen};
use contract::{
    names::{annotations, objects::containers},
    pods::{RestoreResult, TerminationDocument},
};
use jiff::Timestamp;
use k8s_openapi::api::{batch::v1::Job, core::v1::Pod};
use kube::ResourceExt;

/// How the restore of `job` stands. Its end is believed when the Job itself has ended: only then has the proxy,
/// which is stopped last, told its figures.
pub(super) fn seen(job: &Job, pods: &[&Pod]) -> JobSeen {
    let pod = pod::newest(pods);
    let phase = match ending(job) {
        Some(End::Complete) => told(pod).unwrap_or_else(|| lost(pod, "its pod is gone")),
        Some(End::Failed(why)) => match told(pod) {
            Some(JobPhase::Restored(_)) | None => lost(pod, &why),
            Some(phase) => phase,
        },
        None if pod.is_some_and(pod::has_started) => JobPhase::Running,
        None => JobPhase::Starting { waiting_for: pod.and_then(pod::waiting_for) },
    };
    JobSeen {
        created_at: job.creation_timestamp().map_or(Timestamp::UNIX_EPOCH, |time| time.0),
        phase,
        traffic: job.annotations().get(annotations::TRAFFIC).and_then(|text| serde_json::from_str(text).ok()),
    }
}

enum End {
    Complete,
    Failed(String),
}

fn ending(job: &Job) -> Option<End> {
    let conditions = job.status.as_ref()?.conditions.as_ref()?;
    conditions.iter().filter(|condition| condition.status == "True").find_map(|condition| {
        let why = || condition.reason.clone().or(condition.message.clone()).unwrap_or_default();
        match condition.type_.as_str() {
            "Complete" => Some(End::Complete),
            "Failed" => Some(End::Failed(why())),
            _ => None,
        }
    })
}

/// What the restore container itself said; a success it said counts only with exit code 0.
fn told(pod: Option<&Pod>) -> Option<JobPhase> {
    let end = pod::container(pod?, containers::RESTORE).and_then(pod::ended)?;
    match RestoreResult::from_termination_message(end.message.as_deref()?) {
        Ok(RestoreResult::Restored(restored)) if end.exit_code == 0 => Some(JobPhase::Restored(restored)),
        Ok(RestoreResult::Failed(failure)) => Some(JobPhase::Failed(failure)),
        Ok(RestoreResult::Restored(_)) => {
            Some(JobPhase::Lost(format!("it claims success and ended with exit code {}", end.exit_code)))
        }
        Err(error) => Some(JobPhase::Lost(error.to_string())),
    }
}

fn lost(pod: Option<&Pod>, why: &str) -> JobPhase {
    match pod {
        Some(pod) => JobPhase::Lost(format!("{}; {why}", pod::reason_of_end(pod, containers::RESTORE))),
        None => JobPhase::Lost(why.to_owned()),
    }
}
