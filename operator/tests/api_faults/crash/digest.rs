//! What two runs are compared by: everything but times, UIDs, versions, and the pods' random names.

use crate::{
    keys,
    world::{OPERATOR, World},
};
use contract::{canopy::Outcome, ids::ServerId, names::labels};
use fake_apiserver::{KINDS, Object, Verb};
use jiff::Timestamp;
use serde_json::Value;
use std::{collections::BTreeMap, sync::Arc};

/// Events are a courtesy, and pods are named at random by others.
const LEFT_OUT: [&str; 2] = ["events", "pods"];
/// Of whom, of what, and what: ids of runs come from UIDs, which are the server's to give.
type Told = (ServerId, Option<String>, Outcome);

/// How the server's UIDs begin.
const UID: &str = "00000000-0000-4000-8000-";

#[derive(Debug, PartialEq)]
pub(crate) struct Digest {
    /// By kind and name.
    objects: BTreeMap<String, Value>,
    /// Creations and deletions of the operator, how often each.
    deeds: BTreeMap<String, usize>,
    /// What Canopy was told, in order for each replica.
    reports: Vec<Told>,
    /// Of each Service, whether its guests get in.
    doors: BTreeMap<String, Result<(), String>>,
}

impl Digest {
    pub(crate) fn of(world: &World) -> Self {
        Self { objects: objects(world), deeds: deeds(world), reports: reports(world), doors: doors(world) }
    }

    pub(crate) fn assert_same(&self, other: &Self, when: &str) {
        assert_eq!(self.deeds, other.deeds, "{when}");
        assert_eq!(self.reports, other.reports, "{when}");
        assert!(other.doors.values().all(Result::is_ok), "{when}: {:?}", other.doors);
        assert_eq!(self.doors, other.doors, "{when}");
        for (name, object) in &self.objects {
            assert_eq!(Some(object), other.objects.get(name), "{when}: {name}");
        }
        assert_eq!(self.objects.len(), other.objects.len(), "{when}");
    }
}

fn objects(world: &World) -> BTreeMap<String, Value> {
    let kinds = KINDS.iter().map(|kind| kind.resource).filter(|resource| !LEFT_OUT.contains(resource));
    let all = kinds.flat_map(|resource| {
        let list = world.server.list(resource, "");
        list.into_iter()
            .map(move |one| (format!("{resource} {}/{}", one.namespace(), one.name()), shown(resource, &one)))
    });
    all.collect()
}

/// Passwords are made at random: of a Secret counts which keys it has.
fn shown(resource: &str, object: &Object) -> Value {
    let mut shown = plain(object);
    if resource == "secrets"
        && let Some(data) = shown["data"].as_object_mut()
    {
        data.values_mut().for_each(|value| *value = "<held>".into());
    }
    shown
}

fn doors(world: &World) -> BTreeMap<String, Result<(), String>> {
    let opens = |service: Arc<Object>| {
        let run = service["spec"]["selector"][labels::RUN].as_str().unwrap_or_default();
        (service.namespace().to_owned(), keys::open(&world.server, service.namespace(), run))
    };
    world.server.list("services", "").into_iter().map(opens).collect()
}

fn deeds(world: &World) -> BTreeMap<String, usize> {
    let mut deeds = BTreeMap::new();
    world.server.audit(|audit| {
        for call in audit.commits().map(|entry| &entry.call).filter(|call| call.user == OPERATOR) {
            let counts = matches!(call.verb, Verb::Create | Verb::Delete);
            if counts && !LEFT_OUT.contains(&call.kind.resource) {
                let deed = format!("{} {:?} {}/{}", call.verb.as_str(), call.kind, call.namespace, call.name);
                *deeds.entry(deed).or_default() += 1;
            }
        }
    });
    deeds
}

/// Each replica's in their order; whose come first does not matter.
fn reports(world: &World) -> Vec<Told> {
    let mut all = world.canopy.reports();
    all.sort_by_key(|report| report.server_id);
    all.into_iter().map(|report| (report.server_id, report.snapshot_id, report.outcome)).collect()
}

/// A value without what differs from run to run.
fn plain(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let kept =
                fields.iter().filter(|(key, _)| !matches!(key.as_str(), "resourceVersion" | "uid" | "job"));
            Value::Object(kept.map(|(key, value)| (key.clone(), plain(value))).collect())
        }
        Value::Array(items) => items.iter().map(plain).collect(),
        Value::String(text) => plain_text(text),
        other => other.clone(),
    }
}

fn plain_text(text: &str) -> Value {
    if text.parse::<Timestamp>().is_ok() {
        return "<time>".into();
    }
    if text.contains(UID) {
        return "<uid>".into();
    }
    // Records hold JSON within their texts.
    match serde_json::from_str::<Value>(text) {
        Ok(inner @ (Value::Object(_) | Value::Array(_))) => plain(&inner),
        _ => text.into(),
    }
}
