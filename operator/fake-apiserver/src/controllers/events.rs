//! What controllers tell of in Events, and nowhere else.

use crate::{Object, server::ApiServer};
use serde_json::json;

/// Tells that `owner` could not make a pod, in these words; once for the same words, as far as lists can tell.
pub(super) fn refused(server: &ApiServer, owner: &Object, why: &str) -> bool {
    let note = format!("Error creating: pods \"{}-\" is forbidden: {why}", owner.name());
    let about = |event: &Object| event["regarding"]["uid"] == owner.uid() && event["note"] == note.as_str();
    let told = server.list("events", owner.namespace());
    if told.iter().any(|event| about(event)) {
        return false;
    }
    let name = format!("{}.{:x}", owner.name(), told.len());
    let event = json!({
        "metadata": { "name": name, "namespace": owner.namespace() },
        "reason": "FailedCreate", "type": "Warning", "note": note, "eventTime": null,
        "regarding": { "apiVersion": owner["apiVersion"], "kind": owner["kind"], "name": owner.name(),
            "namespace": owner.namespace(), "uid": owner.uid() },
        "reportingController": "job-controller", "deprecatedSource": { "component": "job-controller" },
        "deprecatedFirstTimestamp": server.stamp(), "deprecatedLastTimestamp": server.stamp(),
        "deprecatedCount": 1,
    });
    server.create_as("system:controller", "events", owner.namespace(), event)
}
