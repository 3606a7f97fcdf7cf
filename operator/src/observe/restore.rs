//! A restore Job and its pod to how far the restore is.

use super::{
    pod, slim, trouble,
    wire::{Job, Pod},
};
use crate::model::{JobId, JobPhase, JobSeen, Reason, Trouble};
use contract::{
    names::{annotations, objects::containers},
    pods::{RestoreResult, TerminationDocument},
    probes::Probes,
};
use jiff::Timestamp;
use kube::ResourceExt;
use serde::de::DeserializeOwned;

/// What is kept of a Job.
pub(super) fn of_job(job: &Job) -> slim::Job {
    slim::Job {
        id: JobId::of(job.uid().as_deref().unwrap_or_default()),
        created_at: pod::created_at(job),
        going: pod::is_going(job),
        end: ending(job),
        traffic: annotated(job, annotations::TRAFFIC),
        size: annotated(job, annotations::SNAPSHOT_SIZE),
        probes: probes(job),
    }
}

/// What was to be asked of its data. Unlike figures, these are not done without where they do not read.
fn probes(job: &Job) -> Option<Probes> {
    job.annotations()
        .get(annotations::PROBES)
        .map_or_else(|| Some(Probes::default()), |text| text.parse().ok())
}

/// What an annotation of ours on a Job holds.
fn annotated<T: DeserializeOwned>(job: &Job, key: &str) -> Option<T> {
    job.annotations().get(key).and_then(|text| serde_json::from_str(text).ok())
}

/// What is kept of its pod.
pub(super) fn of_pod(pod: &Pod) -> slim::RestorePod {
    slim::RestorePod {
        started: pod::has_begun(pod, containers::RESTORE),
        waiting_for: pod::waiting_for(pod).map(Box::new),
        told: told(pod).map(Box::new),
        reason: pod::reason_of_end(pod, containers::RESTORE, Reason::ResultLost).map(Box::new),
    }
}

/// How the restore of `job` stands. Its end is believed when the Job itself has ended: only then has the proxy,
/// which is stopped last, told its figures. Why there is no pod is known where it was told that one was `refused`.
pub(super) fn seen(job: &slim::Job, pod: Option<&slim::RestorePod>, refused: Option<&Trouble>) -> JobSeen {
    let told = pod.and_then(|pod| pod.told.as_deref());
    let no_pod = || Some(refused.cloned().unwrap_or_else(no_pod));
    let phase = match &job.end {
        Some(end) if end.follows_its_pod() && pod.is_some_and(|pod| !pod.has_ended()) => JobPhase::Running,
        Some(slim::End::Complete(_)) => told.cloned().unwrap_or_else(|| lost(pod, "its pod is gone")),
        Some(slim::End::Failed(why)) => match told {
            Some(JobPhase::Restored(_)) | None => lost(pod, why),
            Some(phase) => phase.clone(),
        },
        None if pod.is_some_and(|pod| pod.started) => JobPhase::Running,
        None => JobPhase::Starting { waiting_for: pod.map_or_else(no_pod, waiting_for) },
    };
    let ended_at = if let Some(slim::End::Complete(at)) = &job.end { *at } else { None };
    let (traffic, size, probes) = (job.traffic, job.size, job.probes.clone());
    JobSeen { id: job.id, created_at: job.created_at, ended_at, phase, traffic, size, probes }
}

fn completed_at(job: &Job) -> Option<Timestamp> {
    Some(job.status.as_ref()?.completion_time.as_ref()?.0)
}

fn ending(job: &Job) -> Option<slim::End> {
    let conditions = job.status.as_ref()?.conditions.as_ref()?;
    conditions.iter().filter(|condition| condition.status == "True").find_map(|condition| {
        let why = || condition.reason.clone().or(condition.message.clone()).unwrap_or_default();
        match condition.type_.as_str() {
            "Complete" => Some(slim::End::Complete(completed_at(job))),
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
            let why = format!("it claims success and ended with exit code {}", end.exit_code);
            Some(JobPhase::Lost(Trouble::new(Reason::ResultLost, why)))
        }
        Err(error) => Some(JobPhase::Lost(Trouble::new(Reason::ResultLost, error.to_string()))),
    }
}

/// The Job's own word counts where its pod has none: a deadline ends pods without a trace.
fn lost(pod: Option<&slim::RestorePod>, why: &str) -> JobPhase {
    let of_pod = pod.and_then(|pod| pod.reason.as_deref());
    JobPhase::Lost(trouble_of_end(pod.is_some(), of_pod, why))
}

/// The same in words; `of_pod` is what the cluster says of the pod's end, if there `is` one.
pub(super) fn trouble_of_end(is: bool, of_pod: Option<&Trouble>, why: &str) -> Trouble {
    let named = of_pod.map(|trouble| trouble.reason).filter(|reason| *reason != Reason::ResultLost);
    let reason = named.or_else(|| trouble::of_end(why)).unwrap_or(Reason::ResultLost);
    let words = of_pod.map_or(pod::NO_REASON, |trouble| &trouble.message);
    let message = if is { format!("{words}; {why}") } else { why.to_owned() };
    Trouble::new(reason, message)
}

fn waiting_for(pod: &slim::RestorePod) -> Option<Trouble> {
    pod.waiting_for.as_deref().cloned()
}

/// A Job without a pod does not say why; its events do.
pub(super) fn no_pod() -> Trouble {
    let message = "the Job has made no pod: a quota, a policy or the Job controller; kubectl describe job";
    Trouble::new(Reason::NoPod, message)
}
