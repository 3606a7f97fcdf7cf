//! The Deployment controller, with the `ReplicaSet` between it and its pods left out.

use super::{Admission, pods};
use crate::{Object, server::ApiServer};
use serde_json::json;

pub(super) fn act(server: &ApiServer, deployment: &Object, admit: &Admission) -> bool {
    if deployment.is_terminating() {
        return false;
    }
    let mut live = pods::of(server, deployment);
    live.retain(|pod| !pods::has_ended(pod));
    if deployment["spec"]["replicas"].as_i64() == Some(0) {
        let next = live.iter().find(|pod| !pod.is_terminating());
        return next.is_some_and(|pod| server.delete_as("system:controller", pod, "Background"));
    }
    if !live.is_empty() {
        return tell(server, deployment, live.iter().filter(|pod| is_ready(pod)).count(), None);
    }
    match admit(deployment) {
        Ok(()) => pods::make(server, deployment, None),
        Err(why) => tell(server, deployment, 0, Some(&why)),
    }
}

fn is_ready(pod: &Object) -> bool {
    let mut conditions = pod["status"]["conditions"].as_array().into_iter().flatten();
    conditions.any(|condition| condition["type"] == "Ready" && condition["status"] == "True")
}

fn tell(server: &ApiServer, deployment: &Object, ready: usize, refused: Option<&str>) -> bool {
    let available = if ready > 0 { "True" } else { "False" };
    let mut conditions = vec![json!({ "type": "Available", "status": available })];
    if let Some(why) = refused {
        let failure =
            json!({ "type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": why });
        conditions.push(failure);
    }
    let status = json!({
        "observedGeneration": deployment["metadata"]["generation"], "conditions": conditions,
        "replicas": i32::from(refused.is_none()), "readyReplicas": ready, "availableReplicas": ready,
    });
    pods::tell(server, deployment, &status)
}
