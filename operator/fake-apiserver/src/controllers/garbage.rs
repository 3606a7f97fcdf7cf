//! The garbage collector: what has lost all its owners goes; a deletion in the foreground waits for its dependents, and
//! one that orphans lets them go.

use super::pods::{self, TRACKING};
use crate::{KindId, Object, server::ApiServer};
use serde_json::Value;
use std::sync::Arc;

const ORPHAN: &str = "orphan";
const FOREGROUND: &str = "foregroundDeletion";

pub(super) fn act(server: &ApiServer, object: &Object) -> bool {
    if object.is_terminating() && pods::has_finalizer(object, ORPHAN) {
        return orphan(server, object);
    }
    if object.is_terminating() && pods::has_finalizer(object, FOREGROUND) {
        return wait_for_dependents(server, object);
    }
    let Some(owners) = object["metadata"]["ownerReferences"].as_array().filter(|owners| !owners.is_empty())
    else {
        return false;
    };
    let lost = owners.iter().all(|owner| !exists(server, object.namespace(), owner));
    if lost && object.is_terminating() && pods::has_finalizer(object, TRACKING) {
        // Nobody is left to count it.
        pods::release(server, object, TRACKING);
        return true;
    }
    lost && !object.is_terminating() && server.delete_as("system:controller", object, "Background")
}

fn exists(server: &ApiServer, namespace: &str, owner: &Value) -> bool {
    let kind = KindId::all().find(|kind| owner["kind"] == kind.kind);
    let found = kind.zip(owner["name"].as_str()).and_then(|(kind, name)| {
        let namespace = if kind.namespaced { namespace } else { "" };
        server.get(kind.resource, namespace, name)
    });
    found.is_some_and(|found| owner["uid"] == found.uid())
}

fn dependents(server: &ApiServer, owner: &Object) -> Vec<Arc<Object>> {
    KindId::all()
        .filter(|kind| kind.namespaced)
        .flat_map(|kind| server.list(kind.resource, owner.namespace()))
        .filter(|object| pods::is_owned(object, owner.uid()))
        .collect()
}

fn orphan(server: &ApiServer, owner: &Object) -> bool {
    match dependents(server, owner).first() {
        Some(dependent) => disown(server, dependent, owner.uid()),
        None => pods::release(server, owner, ORPHAN),
    }
    true
}

fn disown(server: &ApiServer, dependent: &Object, uid: &str) {
    server.edit(dependent.kind().resource, dependent.namespace(), dependent.name(), |value| {
        if let Some(owners) = value["metadata"]["ownerReferences"].as_array_mut() {
            owners.retain(|one| one["uid"] != uid);
        }
    });
}

fn wait_for_dependents(server: &ApiServer, owner: &Object) -> bool {
    let left = dependents(server, owner);
    if left.is_empty() {
        pods::release(server, owner, FOREGROUND);
        return true;
    }
    let next = left.iter().find(|dependent| !dependent.is_terminating());
    next.is_some_and(|dependent| server.delete_as("system:controller", dependent, "Background"))
}
