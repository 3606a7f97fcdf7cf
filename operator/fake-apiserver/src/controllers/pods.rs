//! Pods as their owners make and count them.

use crate::{Object, server::ApiServer};
use serde_json::{Value, json};
use std::sync::Arc;

/// Keeps a pod until its Job has counted it.
pub(super) const TRACKING: &str = "batch.kubernetes.io/job-tracking";

/// The pods `owner` controls, in order of their names.
pub(super) fn of(server: &ApiServer, owner: &Object) -> Vec<Arc<Object>> {
    let mut pods = server.list("pods", owner.namespace());
    pods.retain(|pod| is_owned(pod, owner.uid()));
    pods
}

pub(super) fn is_owned(object: &Object, uid: &str) -> bool {
    object["metadata"]["ownerReferences"].as_array().into_iter().flatten().any(|owner| owner["uid"] == uid)
}

pub(super) fn phase(pod: &Object) -> &str {
    pod["status"]["phase"].as_str().unwrap_or_default()
}

pub(super) fn has_ended(pod: &Object) -> bool {
    matches!(phase(pod), "Succeeded" | "Failed")
}

/// A pod from the template of `owner`; false: the server let none in.
pub(super) fn make(server: &ApiServer, owner: &Object, finalizer: Option<&str>) -> bool {
    let template = &owner["spec"]["template"];
    let mut metadata = template["metadata"].clone();
    metadata["generateName"] = format!("{}-", owner.name()).into();
    metadata["namespace"] = owner.namespace().into();
    metadata["ownerReferences"] = json!([{
        "apiVersion": owner["apiVersion"], "kind": owner["kind"], "name": owner.name(), "uid": owner.uid(),
        "controller": true, "blockOwnerDeletion": true,
    }]);
    if let Some(finalizer) = finalizer {
        metadata["finalizers"] = json!([finalizer]);
    }
    let pod = json!({ "metadata": metadata, "spec": template["spec"] });
    server.create_as("system:controller", "pods", owner.namespace(), pod)
}

/// Takes `finalizer` off an object.
pub(super) fn release(server: &ApiServer, object: &Object, finalizer: &str) {
    server.edit(object.kind().resource, object.namespace(), object.name(), |value| {
        if let Some(finalizers) = value["metadata"]["finalizers"].as_array_mut() {
            finalizers.retain(|one| one != finalizer);
        }
    });
}

pub(super) fn has_finalizer(object: &Object, finalizer: &str) -> bool {
    object["metadata"]["finalizers"].as_array().is_some_and(|all| all.iter().any(|one| one == finalizer))
}

/// Writes a status if it is another than before.
pub(super) fn tell(server: &ApiServer, object: &Object, status: &Value) -> bool {
    if object["status"] == *status {
        return false;
    }
    let told = server.edit(object.kind().resource, object.namespace(), object.name(), |value| {
        value["status"] = status.clone();
    });
    told.is_some()
}
