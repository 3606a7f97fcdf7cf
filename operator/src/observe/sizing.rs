//! A sizing Job and its pod to how far the look into the repository is.

use super::{pod, restore, slim, wire::Pod};
use crate::model::{Reason, SizingPhase, SizingSeen, Trouble};
use contract::{
    names::objects::containers,
    pods::{SizingResult, TerminationDocument},
};

/// What is kept of its pod.
pub(super) fn of_pod(pod: &Pod) -> slim::SizingPod {
    slim::SizingPod {
        started: pod::has_begun(pod, containers::SIZING),
        waiting_for: pod::waiting_for(pod).map(Box::new),
        told: told(pod).map(Box::new),
        reason: pod::reason_of_end(pod, containers::SIZING, Reason::ResultLost).map(Box::new),
    }
}

/// How the sizing of `job` stands. What its container said is believed at once: nothing is written that another pod
/// could still be writing to, and a size is a size. Why there is no pod is known where it was told that one was
/// `refused`.
pub(super) fn seen(job: &slim::Job, pod: Option<&slim::SizingPod>, refused: Option<&Trouble>) -> SizingSeen {
    let told = pod.and_then(|pod| pod.told.as_deref());
    let lost = |why: &str| {
        let of_pod = pod.and_then(|pod| pod.reason.as_deref());
        SizingPhase::Lost(restore::trouble_of_end(pod.is_some(), of_pod, why))
    };
    let phase = match (&job.end, told) {
        (_, Some(phase)) => phase.clone(),
        (Some(end), None) if end.follows_its_pod() && pod.is_some_and(|pod| !pod.has_ended()) => {
            SizingPhase::Running
        }
        (Some(slim::End::Complete(_)), None) => lost("its pod is gone"),
        (Some(slim::End::Failed(why)), None) => lost(why),
        (None, None) if pod.is_some_and(|pod| pod.started) => SizingPhase::Running,
        (None, None) => {
            let no_pod = || Some(refused.cloned().unwrap_or_else(restore::no_pod));
            SizingPhase::Starting {
                waiting_for: pod.map_or_else(no_pod, |pod| pod.waiting_for.as_deref().cloned()),
            }
        }
    };
    SizingSeen { created_at: job.created_at, phase }
}

/// What the container itself said; a size counts only with exit code 0.
fn told(pod: &Pod) -> Option<SizingPhase> {
    let end = pod::container(pod, containers::SIZING).and_then(pod::ended)?;
    let lost = |why: String| Some(SizingPhase::Lost(Trouble::new(Reason::ResultLost, why)));
    match SizingResult::from_termination_message(end.message.as_deref()?) {
        Ok(SizingResult::Sized(size)) if end.exit_code == 0 => Some(SizingPhase::Sized(size)),
        Ok(SizingResult::Failed(failure)) => Some(SizingPhase::Failed(failure)),
        Ok(SizingResult::Sized(_)) => {
            lost(format!("it claims success and ended with exit code {}", end.exit_code))
        }
        Err(error) => lost(error.to_string()),
    }
}
