//! New objects: what the server writes into them, and where it lets them in.

use super::{Result, Write, Written, validate};
use crate::{kinds::KindId, refusal::Refusal};
use serde_json::{Value, json};

pub(super) fn create(write: &mut Write<'_>, body: Value) -> Result {
    let kind = write.kind();
    let mut value = validate::typed(kind, body)?;
    if value["metadata"].get("resourceVersion").is_some() {
        return Err(Refusal::bad_request("resourceVersion should not be set on objects to be created"));
    }
    name(write, &mut value)?;
    validate::metadata(kind, &value)?;
    let new = value["metadata"]["name"].as_str().unwrap_or_default().to_owned();
    if write.store.get(kind, &write.call.namespace, &new).is_some() {
        return Err(Refusal::already_exists(kind, &new));
    }
    stored(write, &new, value)
}

/// Stores `value`, which is complete, as a new object.
pub(super) fn stored(write: &mut Write<'_>, name: &str, mut value: Value) -> Result {
    let kind = write.kind();
    let_in(write, name)?;
    let metadata = &mut value["metadata"];
    metadata["uid"] = write.store.new_uid().into();
    metadata["creationTimestamp"] = write.now.clone().into();
    if kind.generation {
        metadata["generation"] = 1.into();
    }
    if kind.status
        && let Some(fields) = value.as_object_mut()
    {
        fields.remove("status");
    }
    furnish(kind, &mut value);
    let manager = write.manager().to_owned();
    let object = write.store.put(kind, value);
    write.store.owns_all(&object, &manager);
    Ok(Written::Created(object))
}

fn name(write: &Write<'_>, value: &mut Value) -> Result<()> {
    let namespace = &write.call.namespace;
    let metadata = &mut value["metadata"];
    match metadata.get("namespace").and_then(Value::as_str) {
        Some(other) if other != namespace => {
            let message =
                "the namespace of the provided object does not match the namespace sent on the request";
            return Err(Refusal::bad_request(message));
        }
        None if !namespace.is_empty() => metadata["namespace"] = namespace.clone().into(),
        _ => {}
    }
    if metadata.get("name").is_none() {
        let Some(prefix) = metadata.get("generateName").and_then(Value::as_str) else {
            return Err(Refusal::bad_request("name or generateName is required"));
        };
        metadata["name"] = format!("{prefix}{:05x}", write.store.revision()).into();
    }
    Ok(())
}

/// Nothing is made in a namespace that is not there, or that is going.
fn let_in(write: &Write<'_>, name: &str) -> Result<()> {
    let (kind, namespace) = (write.kind(), &write.call.namespace);
    if namespace.is_empty() {
        return Ok(());
    }
    let namespaces = KindId::of_namespaces();
    match write.store.get(namespaces, "", namespace) {
        None => Err(Refusal::not_found(namespaces, namespace)),
        Some(found) if found.is_terminating() => Err(Refusal::terminating(kind, name, namespace)),
        Some(_) => Ok(()),
    }
}

/// What the server adds to objects of some kinds.
fn furnish(kind: KindId, value: &mut Value) {
    match kind.resource {
        "namespaces" => {
            let name = value["metadata"]["name"].clone();
            value["metadata"]["labels"]["kubernetes.io/metadata.name"] = name;
            value["spec"] = json!({ "finalizers": ["kubernetes"] });
            value["status"] = json!({ "phase": "Active" });
        }
        "persistentvolumeclaims" => {
            value["metadata"]["finalizers"] = json!(["kubernetes.io/pvc-protection"]);
            value["status"] = json!({ "phase": "Pending" });
        }
        "pods" => value["status"] = json!({ "phase": "Pending" }),
        "services" if value["spec"].get("clusterIP").is_none() => {
            value["spec"]["clusterIP"] = "10.96.0.10".into();
        }
        "jobs" => furnish_job(value),
        _ => {}
    }
}

/// A Job selects its pods by its own UID.
fn furnish_job(value: &mut Value) {
    let (uid, name) = (value["metadata"]["uid"].clone(), value["metadata"]["name"].clone());
    let spec = &mut value["spec"];
    spec["selector"] = json!({ "matchLabels": { "batch.kubernetes.io/controller-uid": uid } });
    spec["template"]["metadata"]["labels"]["batch.kubernetes.io/controller-uid"] = uid;
    spec["template"]["metadata"]["labels"]["batch.kubernetes.io/job-name"] = name;
    for (field, value) in [("completions", 1), ("parallelism", 1), ("backoffLimit", 6)] {
        if spec.get(field).is_none() {
            spec[field] = value.into();
        }
    }
}
