//! What a pod's status says, in the few terms that matter here.

use super::{
    postgres, restore, sizing, slim, trouble,
    wire::{ContainerStatus, Pod, Terminated},
};
use crate::{
    model::{Reason, Trouble},
    resources::{Component, app_labels},
};
use contract::names::{RunName, labels};
use jiff::Timestamp;
use kube::ResourceExt;

/// Waiting reasons that are part of every start.
const ORDINARY: [&str; 2] = ["ContainerCreating", "PodInitializing"];

/// What is kept of a pod; nothing of one that belongs to no run.
pub(super) fn slim(pod: &Pod) -> Option<slim::Pod> {
    let component = pod.labels().get(app_labels::COMPONENT)?;
    let of = if component == Component::Restore.as_str() {
        slim::PodOf::Restore(restore::of_pod(pod))
    } else if component == Component::Sizing.as_str() {
        slim::PodOf::Sizing(sizing::of_pod(pod))
    } else if component == Component::Postgres.as_str() {
        slim::PodOf::Postgres(postgres::of_pod(pod))
    } else {
        return None;
    };
    Some(slim::Pod {
        run: run_of(pod)?,
        created_at: created_at(pod),
        going: is_going(pod),
        may_run: may_run(pod),
        of,
    })
}

/// The run an object is labelled with.
pub(super) fn run_of(object: &impl ResourceExt) -> Option<RunName> {
    object.labels().get(labels::RUN)?.parse().ok()
}

/// When the cluster made it.
pub(super) fn created_at(object: &impl ResourceExt) -> Timestamp {
    object.creation_timestamp().map_or(Timestamp::UNIX_EPOCH, |time| time.0)
}

/// Whether it is being deleted.
pub(super) fn is_going(object: &impl ResourceExt) -> bool {
    object.meta().deletion_timestamp.is_some()
}

/// Status of the container `name`, init containers included.
pub(super) fn container<'a>(pod: &'a Pod, name: &str) -> Option<&'a ContainerStatus> {
    statuses(pod).find(|status| status.name == name)
}

/// How `status` ended, now or before its last restart.
pub(super) fn ended(status: &ContainerStatus) -> Option<&Terminated> {
    [&status.state, &status.last_state].into_iter().flatten().find_map(|state| state.terminated.as_ref())
}

/// Whether the container `name` has run. Those before it say nothing of its own image.
pub(super) fn has_begun(pod: &Pod, name: &str) -> bool {
    container(pod, name).is_some_and(|status| {
        let running = status.state.as_ref().is_some_and(|state| state.running.is_some());
        running || ended(status).is_some()
    })
}

/// Whether Kubernetes calls it ready.
pub(super) fn is_ready(pod: &Pod) -> bool {
    condition(pod, "Ready").is_some_and(|(status, _)| status == "True")
}

/// What keeps it from starting, in the cluster's own words.
pub(super) fn waiting_for(pod: &Pod) -> Option<Trouble> {
    if let Some((_, message)) = condition(pod, "PodScheduled").filter(|(status, _)| *status == "False") {
        return Some(Trouble::new(trouble::of_scheduling(message), message));
    }
    statuses(pod).find_map(|status| {
        let waiting = status.state.as_ref()?.waiting.as_ref()?;
        let reason = waiting.reason.as_deref().filter(|reason| !ORDINARY.contains(reason))?;
        let words = waiting.message.as_deref().unwrap_or_default();
        let message = format!("{reason} of container {}: {words}", status.name);
        Some(Trouble::new(trouble::of_waiting(reason), message))
    })
}

/// Why a pod, or its container, ended, where the cluster says; `unnamed` where its word tells nothing.
pub(super) fn reason_of_end(pod: &Pod, container_name: &str, unnamed: Reason) -> Option<Trouble> {
    let of_pod = pod.status.as_ref().and_then(|status| status.reason.clone());
    let end = container(pod, container_name).and_then(ended);
    let of_container = end.and_then(|end| end.reason.clone());
    let reason = [&of_pod, &of_container].into_iter().flatten().find_map(|word| trouble::of_end(word));
    let exit = end
        .map(|end| format!("{} with exit code {}", end.reason.as_deref().unwrap_or("ended"), end.exit_code));
    let said = of_pod.or(exit).or_else(|| (!may_run(pod)).then(|| NO_REASON.to_owned()))?;
    Some(Trouble::new(reason.unwrap_or(unnamed), said))
}

/// Whether a container of it may still run.
fn may_run(pod: &Pod) -> bool {
    let phase = pod.status.as_ref().and_then(|status| status.phase.as_deref());
    !matches!(phase, Some("Succeeded" | "Failed"))
}

/// What is told where the cluster says nothing.
pub(super) const NO_REASON: &str = "no reason given by the cluster";

fn condition<'a>(pod: &'a Pod, kind: &str) -> Option<(&'a str, &'a str)> {
    let conditions = pod.status.as_ref()?.conditions.as_ref()?;
    let found = conditions.iter().find(|condition| condition.type_ == kind)?;
    Some((&found.status, found.message.as_deref().unwrap_or_default()))
}

fn statuses(pod: &Pod) -> impl Iterator<Item = &ContainerStatus> {
    let status = pod.status.as_ref();
    let init = status.and_then(|s| s.init_container_statuses.as_deref()).unwrap_or_default();
    let main = status.and_then(|s| s.container_statuses.as_deref()).unwrap_or_default();
    init.iter().chain(main)
}
