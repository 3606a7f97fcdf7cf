//! Deletion: preconditions, grace, finalizers, and what becomes of dependents.

use super::{Result, Write, Written, gone, update::is_over};
use crate::{kinds::KindId, object::Object, refusal::Refusal};
use serde_json::{Value, json};
use std::sync::Arc;

/// Seconds a pod gets to stop unless it says otherwise.
const GRACE_SECS: i64 = 30;

pub(super) fn delete(write: &mut Write<'_>, options: &Value) -> Result {
    let kind = write.kind();
    check_options(options)?;
    let existing = write.existing()?;
    check_preconditions(kind, &existing, options)?;
    let mut value = existing.to_value();
    if !existing.is_terminating() {
        mark(kind, &existing, options, &write.now, &mut value);
    }
    if kind.resource == "namespaces" {
        value["status"]["phase"] = "Terminating".into();
    }
    if existing.is_terminating() && value == **existing {
        return Ok(Written::Object(existing));
    }
    let marked = Object::new(kind, value, existing.revision());
    if is_over(&marked) {
        write.store.remove(kind, existing.namespace(), existing.name());
        return Ok(if kind.resource == "pods" {
            Written::Object(Arc::new(marked))
        } else {
            Written::Gone(gone(kind, &existing))
        });
    }
    Ok(Written::Object(write.store.put(kind, marked.to_value())))
}

fn mark(kind: KindId, existing: &Object, options: &Value, now: &str, value: &mut Value) {
    let metadata = &mut value["metadata"];
    metadata["deletionTimestamp"] = now.into();
    metadata["deletionGracePeriodSeconds"] = grace(kind, existing, options).into();
    let finalizer = match policy(kind, options) {
        "Orphan" => "orphan",
        "Foreground" => "foregroundDeletion",
        _ => return,
    };
    match metadata["finalizers"].as_array_mut() {
        Some(finalizers) => finalizers.push(finalizer.into()),
        None => metadata["finalizers"] = json!([finalizer]),
    }
}

/// A Job's pods outlive it unless something else is asked for: that is how `batch/v1` began.
fn policy(kind: KindId, options: &Value) -> &str {
    let default = if kind.resource == "jobs" { "Orphan" } else { "Background" };
    options["propagationPolicy"].as_str().unwrap_or(default)
}

/// Only a pod that runs somewhere is given time.
fn grace(kind: KindId, existing: &Object, options: &Value) -> i64 {
    let phase = existing["status"]["phase"].as_str();
    let ended = matches!(phase, Some("Succeeded" | "Failed"));
    if kind.resource != "pods" || existing["spec"].get("nodeName").is_none() || ended {
        return 0;
    }
    let own = existing["spec"]["terminationGracePeriodSeconds"].as_i64().unwrap_or(GRACE_SECS);
    options["gracePeriodSeconds"].as_i64().unwrap_or(own)
}

fn check_options(options: &Value) -> Result<()> {
    let known = ["apiVersion", "kind", "preconditions", "propagationPolicy", "gracePeriodSeconds"];
    let stranger = options
        .as_object()
        .into_iter()
        .flatten()
        .map(|(key, _)| key)
        .find(|key| !known.contains(&key.as_str()));
    let policies = ["Orphan", "Background", "Foreground"];
    match (stranger, options["propagationPolicy"].as_str()) {
        (Some(stranger), _) => {
            Err(Refusal::bad_request(format!("this server does not serve {stranger} with delete")))
        }
        (None, Some(policy)) if !policies.contains(&policy) => {
            Err(Refusal::bad_request(format!("propagationPolicy: Unsupported value: {policy:?}")))
        }
        (None, _) => Ok(()),
    }
}

fn check_preconditions(kind: KindId, existing: &Object, options: &Value) -> Result<()> {
    let asked = |key| options["preconditions"][key].as_str();
    let revision = existing.revision().to_string();
    if let Some(uid) = asked("uid").filter(|uid| *uid != existing.uid()) {
        let why = format!(
            "the UID in the precondition ({uid}) does not match the UID in record ({}). The object might have been deleted and then recreated",
            existing.uid()
        );
        return Err(Refusal::conflict(kind, existing.name(), &why));
    }
    match asked("resourceVersion").filter(|asked| *asked != revision) {
        None => Ok(()),
        Some(asked) => {
            let why = format!(
                "the ResourceVersion in the precondition ({asked}) does not match the ResourceVersion in record ({revision}). The object might have been modified"
            );
            Err(Refusal::conflict(kind, existing.name(), &why))
        }
    }
}
