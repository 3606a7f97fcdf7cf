//! Server-side apply.
//!
//! Ownership is kept by field: maps are walked, lists are taken as a whole, which is what the kinds served here need.
//! Who applies owns what it names; what it named before and no longer does goes, unless another owns it, too.

use super::{Result, Write, create, update, validate};
use crate::{
    object::Object,
    refusal::Refusal,
    store::{Manager, Path},
};
use serde_json::Value;
use std::{collections::BTreeSet, sync::Arc};

/// Fields of metadata nobody owns.
const UNOWNED: [&str; 4] = ["name", "namespace", "uid", "resourceVersion"];

pub(super) fn apply(write: &mut Write<'_>, mut body: Value) -> Result {
    let (kind, name) = (write.kind(), write.call.name.clone());
    if write.call.subresource == "status" {
        return Err(Refusal::bad_request("this server does not serve apply to a status"));
    }
    if body["metadata"]["name"].as_str().is_some_and(|other| other != name) {
        return Err(Refusal::bad_request("the name of the object does not match the name on the URL"));
    }
    body["metadata"]["name"] = name.clone().into();
    let body = validate::typed(kind, body)?;
    let manager = Manager::applying(write.manager());
    match write.store.get(kind, &write.call.namespace, &name).cloned() {
        Some(existing) => change(write, &existing, &body, manager),
        None => begin(write, body, manager),
    }
}

fn begin(write: &mut Write<'_>, mut body: Value, manager: Manager) -> Result {
    let (kind, name) = (write.kind(), write.call.name.clone());
    if let Some(uid) = body["metadata"].get("uid").and_then(Value::as_str) {
        let why = format!(
            "uid mismatch: the provided object specified uid {uid}, and no existing object was found"
        );
        return Err(Refusal::conflict(kind, &name, &why));
    }
    if let Some(metadata) = body["metadata"].as_object_mut() {
        metadata.remove("resourceVersion");
    }
    if !write.call.namespace.is_empty() {
        body["metadata"]["namespace"] = write.call.namespace.clone().into();
    }
    validate::metadata(kind, &body)?;
    let (namespace, paths) = (write.call.namespace.clone(), leaves(&body));
    let made = create::stored(write, &name, body)?;
    write.store.owns_nothing_but(kind, &namespace, &name, manager, paths);
    Ok(made)
}

fn change(write: &mut Write<'_>, existing: &Arc<Object>, body: &Value, manager: Manager) -> Result {
    let (kind, name) = (write.kind(), existing.name());
    let owners = write.store.owners(existing);
    let paths = leaves(body);
    let differs = |path: &&Path| !is_met(at(existing, path), at(body, path));
    let mut contested =
        paths.iter().filter(differs).filter_map(|path| Some((path, owners.other(path, &manager)?)));
    if !write.params.force
        && let Some((path, other)) = contested.next()
    {
        let why =
            format!("Apply failed with 1 conflict: conflict with {:?}: .{}", other.name, path.join("."));
        return Err(Refusal::conflict(kind, name, &why));
    }
    let mut value = existing.to_value();
    for path in owners.abandoned(&manager, &paths) {
        remove(&mut value, path);
    }
    for path in &paths {
        if let Some(to) = at(body, path).filter(|to| !is_met(at(&value, path), Some(to))) {
            put(&mut value, path, to.clone());
        }
    }
    for key in ["uid", "resourceVersion"] {
        if let Some(asked) = body["metadata"].get(key) {
            value["metadata"][key] = asked.clone();
        }
    }
    let done = update::finish(write, existing, value)?;
    write.store.owns(existing, manager, paths);
    Ok(done)
}

/// Whether a field is as it is wanted; an empty map asks for no more than a map.
fn is_met(is: Option<&Value>, wanted: Option<&Value>) -> bool {
    let any_map = wanted.and_then(Value::as_object).is_some_and(serde_json::Map::is_empty);
    is == wanted || (any_map && is.is_some_and(Value::is_object))
}

/// Paths to everything a body names: scalars, lists, empty maps.
fn leaves(body: &Value) -> BTreeSet<Path> {
    let mut found = BTreeSet::new();
    walk(body, &mut Vec::new(), &mut found);
    found.retain(|path| match path.as_slice() {
        [field] => !matches!(field.as_str(), "apiVersion" | "kind"),
        [metadata, field, ..] => metadata != "metadata" || !UNOWNED.contains(&field.as_str()),
        [] => false,
    });
    found.retain(|path| path.first().is_some_and(|first| first != "status"));
    found
}

fn walk(value: &Value, path: &mut Path, found: &mut BTreeSet<Path>) {
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            for (key, value) in fields {
                path.push(key.clone());
                walk(value, path, found);
                path.pop();
            }
        }
        _ => drop(found.insert(path.clone())),
    }
}

fn at<'a>(value: &'a Value, path: &Path) -> Option<&'a Value> {
    path.iter().try_fold(value, |value, key| value.get(key))
}

fn put(value: &mut Value, path: &Path, to: Value) {
    let mut place = value;
    for key in path {
        if !place.is_object() {
            *place = Value::Object(serde_json::Map::new());
        }
        place = &mut place[key.as_str()];
    }
    *place = to;
}

fn remove(value: &mut Value, path: &Path) {
    let Some((last, way)) = path.split_last() else { return };
    let parent = way.iter().try_fold(value, |value, key| value.get_mut(key));
    if let Some(fields) = parent.and_then(Value::as_object_mut) {
        fields.remove(last);
    }
}
