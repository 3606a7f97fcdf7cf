//! The end of every change in place: what may not change does not, and what changes nothing writes nothing.

use super::{Result, Write, Written, validate};
use crate::{kinds::KindId, object::Object, refusal::Refusal};
use serde_json::Value;
use std::sync::Arc;

/// Metadata only the server writes.
const SERVERS_OWN: [&str; 4] =
    ["creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "generation"];

/// Stores `value` in place of `existing`.
pub(super) fn finish(write: &mut Write<'_>, existing: &Arc<Object>, mut value: Value) -> Result {
    let (kind, name) = (write.kind(), existing.name());
    check_revision(kind, existing, &value)?;
    keep_servers_own(existing, &mut value);
    keep_other_half(write, existing, &mut value);
    let mut value = validate::typed(kind, value)?;
    validate::metadata(kind, &value)?;
    check_identity(kind, existing, &value)?;
    if let Some(pointer) = kind.immutable.iter().find(|pointer| is_changed(existing, &value, pointer)) {
        let field = pointer.trim_start_matches('/').replace('/', ".");
        return Err(Refusal::invalid(kind, name, &format!("{field}: Invalid value: field is immutable")));
    }
    value["metadata"]["resourceVersion"] = existing["metadata"]["resourceVersion"].clone();
    if value == ***existing {
        return Ok(Written::Object(Arc::clone(existing)));
    }
    count_generation(kind, existing, &mut value);
    let manager = write.manager().to_owned();
    let object = write.store.put(kind, value);
    write.store.owns_changed(existing, &object, &manager);
    if is_over(&object) {
        write.store.remove(kind, object.namespace(), object.name());
    }
    Ok(Written::Object(object))
}

/// Whether nothing keeps an object from going any longer.
pub(crate) fn is_over(object: &Object) -> bool {
    let none = |pointer| object.pointer(pointer).and_then(Value::as_array).is_none_or(Vec::is_empty);
    let graceful = object["metadata"]["deletionGracePeriodSeconds"].as_i64().unwrap_or(0) > 0;
    object.is_terminating() && !graceful && none("/metadata/finalizers") && none("/spec/finalizers")
}

fn check_revision(kind: KindId, existing: &Object, value: &Value) -> Result<()> {
    match value["metadata"].get("resourceVersion").and_then(Value::as_str) {
        Some(asked) if !asked.is_empty() && asked != existing.revision().to_string() => {
            Err(Refusal::modified(kind, existing.name()))
        }
        _ => Ok(()),
    }
}

fn keep_servers_own(existing: &Object, value: &mut Value) {
    let Some(metadata) = value["metadata"].as_object_mut() else { return };
    for key in SERVERS_OWN {
        match existing["metadata"].get(key) {
            Some(kept) => drop(metadata.insert(key.to_owned(), kept.clone())),
            None => drop(metadata.remove(key)),
        }
    }
    for key in ["uid", "namespace", "name"] {
        if let Some(kept) = existing["metadata"].get(key) {
            metadata.entry(key).or_insert_with(|| kept.clone());
        }
    }
}

/// A write of the status changes nothing else, and any other write leaves the status.
fn keep_other_half(write: &Write<'_>, existing: &Object, value: &mut Value) {
    if write.call.subresource == "status" {
        let status = value.get("status").cloned();
        let revision = value["metadata"].get("resourceVersion").cloned();
        *value = existing.to_value();
        set(value, "status", status);
        if let Some(revision) = revision {
            value["metadata"]["resourceVersion"] = revision;
        }
    } else if write.kind().status {
        set(value, "status", existing.get("status").cloned());
    }
}

fn set(value: &mut Value, key: &str, to: Option<Value>) {
    match (value.as_object_mut(), to) {
        (Some(fields), Some(to)) => drop(fields.insert(key.to_owned(), to)),
        (Some(fields), None) => drop(fields.remove(key)),
        (None, _) => {}
    }
}

fn check_identity(kind: KindId, existing: &Object, value: &Value) -> Result<()> {
    let (name, metadata) = (existing.name(), &value["metadata"]);
    if metadata["uid"] != existing["metadata"]["uid"] {
        let why = format!("metadata.uid: Invalid value: {}: field is immutable", metadata["uid"]);
        return Err(Refusal::invalid(kind, name, &why));
    }
    let same = |key| metadata.get(key) == existing["metadata"].get(key);
    if same("name") && same("namespace") {
        Ok(())
    } else {
        Err(Refusal::bad_request("the name of the object does not match the name on the URL"))
    }
}

fn is_changed(existing: &Object, value: &Value, pointer: &str) -> bool {
    existing.pointer(pointer) != value.pointer(pointer)
}

fn count_generation(kind: KindId, existing: &Object, value: &mut Value) {
    let annotated = kind.resource == "deployments" && is_changed(existing, value, "/metadata/annotations");
    if kind.generation && (is_changed(existing, value, "/spec") || annotated) {
        let generation = existing["metadata"]["generation"].as_i64().unwrap_or(0) + 1;
        value["metadata"]["generation"] = generation.into();
    }
}
