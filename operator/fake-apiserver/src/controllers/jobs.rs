//! The Job controller: one pod at a time, counted once, until it is complete, failed or too late.

use super::{
    Admission, events,
    pods::{self, TRACKING},
};
use crate::{Object, server::ApiServer};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::sync::Arc;

pub(super) fn act(server: &ApiServer, job: &Object, admit: &Admission) -> bool {
    let pods = pods::of(server, job);
    if job.is_terminating() {
        return release_ended(server, &pods);
    }
    if is_finished(job) {
        return release_ended(server, &pods) || expire(server, job);
    }
    if job["status"].get("startTime").is_none() {
        return set(server, job, |status| status["startTime"] = server.stamp().into());
    }
    if is_late(server, job) {
        return end_late(server, job, &pods);
    }
    if let Some(ended) = pods.iter().find(|pod| pods::has_ended(pod) && pods::has_finalizer(pod, TRACKING)) {
        return count(server, job, ended);
    }
    if job["status"]["succeeded"].as_i64().unwrap_or(0) > 0 {
        return finish(
            server,
            job,
            "Complete",
            "CompletionsReached",
            "Reached expected number of succeeded pods",
        );
    }
    if job["status"]["failed"].as_i64().unwrap_or(0) > job["spec"]["backoffLimit"].as_i64().unwrap_or(6) {
        let message = "Job has reached the specified backoff limit";
        return finish(server, job, "Failed", "BackoffLimitExceeded", message);
    }
    let live = pods.iter().filter(|pod| !pods::has_ended(pod)).count();
    if live == 0 && job["spec"]["suspend"] != true {
        return match admit(job) {
            Ok(()) => pods::make(server, job, Some(TRACKING)),
            Err(why) => events::refused(server, job, &why),
        };
    }
    set(server, job, |status| status["active"] = live.into())
}

fn is_finished(job: &Object) -> bool {
    let mut conditions = job["status"]["conditions"].as_array().into_iter().flatten();
    conditions.any(|c| c["status"] == "True" && (c["type"] == "Complete" || c["type"] == "Failed"))
}

/// First the count, then the pod's release: what is counted is not lost.
fn count(server: &ApiServer, job: &Object, pod: &Object) -> bool {
    let field = if pods::phase(pod) == "Succeeded" { "succeeded" } else { "failed" };
    set(server, job, |status| {
        let counted = status[field].as_i64().unwrap_or(0) + 1;
        status[field] = counted.into();
        status["active"] = 0.into();
    });
    pods::release(server, pod, TRACKING);
    true
}

fn release_ended(server: &ApiServer, pods: &[Arc<Object>]) -> bool {
    let held = |pod: &&Arc<Object>| {
        pods::has_finalizer(pod, TRACKING) && (pods::has_ended(pod) || pod.is_terminating())
    };
    pods.iter().find(held).inspect(|pod| pods::release(server, pod, TRACKING)).is_some()
}

fn is_late(server: &ApiServer, job: &Object) -> bool {
    let deadline = job["spec"]["activeDeadlineSeconds"].as_i64();
    let since = job["status"]["startTime"].as_str().and_then(|text| text.parse::<Timestamp>().ok());
    deadline
        .zip(since)
        .is_some_and(|(deadline, since)| server.now().as_second() - since.as_second() >= deadline)
}

/// Its pods are stopped before it is called failed.
fn end_late(server: &ApiServer, job: &Object, all: &[Arc<Object>]) -> bool {
    if let Some(live) = all.iter().find(|pod| !pods::has_ended(pod) && !pod.is_terminating()) {
        return server.delete_as("system:controller", live, "Background");
    }
    if all.iter().any(|pod| !pods::has_ended(pod)) {
        return false;
    }
    finish(server, job, "Failed", "DeadlineExceeded", "Job was active longer than specified deadline")
}

fn finish(server: &ApiServer, job: &Object, kind: &str, reason: &str, message: &str) -> bool {
    let target = if kind == "Complete" { "SuccessCriteriaMet" } else { "FailureTarget" };
    let condition = |kind: &str| {
        json!({ "type": kind, "status": "True", "reason": reason, "message": message,
            "lastTransitionTime": server.stamp() })
    };
    set(server, job, |status| {
        status["conditions"] = json!([condition(target), condition(kind)]);
        status["active"] = 0.into();
        status["completionTime"] = server.stamp().into();
    })
}

/// A finished Job with a time to live is removed after it.
fn expire(server: &ApiServer, job: &Object) -> bool {
    let ttl = job["spec"]["ttlSecondsAfterFinished"].as_i64();
    let ended = job["status"]["completionTime"].as_str().and_then(|text| text.parse::<Timestamp>().ok());
    let over = ttl.zip(ended).is_some_and(|(ttl, ended)| server.now().as_second() - ended.as_second() >= ttl);
    over && server.delete_as("system:controller", job, "Background")
}

fn set(server: &ApiServer, job: &Object, change: impl FnOnce(&mut Value)) -> bool {
    let mut status = job.get("status").cloned().unwrap_or_else(|| json!({}));
    change(&mut status);
    pods::tell(server, job, &status)
}
