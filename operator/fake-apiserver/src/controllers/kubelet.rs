//! Scheduler and kubelet: a pod gets a node, comes as far as the script says, and goes when it is deleted.

use super::{Outcome, PodScript, claims, pods};
use crate::{Object, server::ApiServer};
use serde_json::Value;

/// The one node.
const NODE: &str = "node-1";

pub(super) fn act(server: &ApiServer, pod: &Object, script: &mut PodScript) -> bool {
    if pods::has_ended(pod) {
        return false;
    }
    let outcome = script(pod);
    if outcome == Outcome::Lost {
        return false;
    }
    if pod.is_terminating() {
        return stop(server, pod);
    }
    if let Some(claim) = unbound(server, pod) {
        let why = format!("pod has unbound immediate PersistentVolumeClaims: {claim}");
        return set(server, pod, Outcome::Unschedulable(why).status(pod));
    }
    let placed = pod["spec"].get("nodeName").is_some();
    if !placed && !matches!(outcome, Outcome::Unschedulable(_)) {
        let place = |value: &mut Value| value["spec"]["nodeName"] = NODE.into();
        return server.edit("pods", pod.namespace(), pod.name(), place).is_some();
    }
    set(server, pod, outcome.status(pod))
}

/// A pod that is stopped before its end has failed; then it is gone, unless somebody has still to count it.
fn stop(server: &ApiServer, pod: &Object) -> bool {
    let stopped = server.edit("pods", pod.namespace(), pod.name(), |value| {
        value["metadata"]["deletionGracePeriodSeconds"] = 0.into();
        value["status"]["phase"] = "Failed".into();
    });
    stopped.is_some()
}

fn unbound<'a>(server: &ApiServer, pod: &'a Object) -> Option<&'a str> {
    claims::of(pod).find(|name| {
        let claim = server.get("persistentvolumeclaims", pod.namespace(), name);
        claim.is_none_or(|claim| claim["status"]["phase"] != "Bound")
    })
}

fn set(server: &ApiServer, pod: &Object, status: Option<Value>) -> bool {
    status.is_some_and(|status| pods::tell(server, pod, &status))
}
