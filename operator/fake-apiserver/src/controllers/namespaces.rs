//! The namespace controller: a namespace that is to go is emptied first.

use crate::{Object, kinds::KindId, server::ApiServer};
use serde_json::json;

/// One object of it is deleted; once it is empty, it goes itself.
pub(super) fn act(server: &ApiServer, namespace: &Object) -> bool {
    if !namespace.is_terminating() {
        return false;
    }
    let contents: Vec<_> = KindId::all()
        .filter(|kind| kind.namespaced)
        .flat_map(|kind| server.list(kind.resource, namespace.name()))
        .collect();
    if let Some(object) = contents.iter().find(|object| !object.is_terminating()) {
        return server.delete_as("system:controller", object, "Background");
    }
    if !contents.is_empty() || namespace["spec"]["finalizers"].as_array().is_none_or(Vec::is_empty) {
        return false;
    }
    server.edit("namespaces", "", namespace.name(), |value| value["spec"]["finalizers"] = json!([])).is_some()
}
