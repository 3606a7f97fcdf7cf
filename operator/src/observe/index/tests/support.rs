//! Objects of small replicas, and a state that has listed everything.

use super::super::{Kind, state::State};
use crate::{
    model::{Observed, Replica, Seen},
    observe::wire::{Job, Namespace},
};
use contract::names::{NamespaceName, RunName, labels};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::Instant;

pub(super) type Space = Namespace;
pub(super) use crate::observe::wire::Claim;

pub(super) fn name(replica: u32) -> NamespaceName {
    format!("clinic-{replica:08x}").parse().unwrap()
}

pub(super) fn run() -> RunName {
    RunName::of("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 1)
}

/// The namespace of a replica, at that version.
pub(super) fn namespace(replica: u32, version: u64) -> Space {
    named(name(replica).as_str(), replica, version)
}

/// A namespace of any name that says it is that replica's.
pub(super) fn named(name: &str, replica: u32, version: u64) -> Space {
    let id = |of: &str| format!("{of}{replica:07x}-0000-0000-0000-000000000000");
    typed(json!({"metadata": {
        "name": name, "uid": format!("uid-{name}"), "resourceVersion": version.to_string(), "labels": {
            labels::DECLARATION_ID: id("1"), labels::SERVER: id("2"), labels::GROUP: id("3"),
            labels::TYPE: "postgres", labels::INTENT: "verify",
        },
    }}))
}

pub(super) fn job(replica: u32, version: u64) -> Job {
    typed(json!({"metadata": of_run(replica, &run().job(), version)}))
}

pub(super) fn claim(replica: u32, version: u64) -> Claim {
    typed(json!({"metadata": of_run(replica, &run().pvc(), version)}))
}

fn of_run(replica: u32, object: &str, version: u64) -> Value {
    json!({"name": object, "namespace": name(replica).as_str(), "resourceVersion": version.to_string(),
        "labels": {labels::RUN: run().as_str()}})
}

fn typed<T: serde::de::DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).unwrap()
}

/// Everything was listed, and nothing was there.
pub(super) fn listed() -> State {
    let mut state = State::default();
    for kind in Kind::ALL {
        state.begin(kind);
        state.complete(kind);
    }
    state
}

/// Everything was listed, and that replica was there.
pub(super) fn with_replica(replica: u32) -> State {
    let mut state = listed();
    state.put(&namespace(replica, 1));
    state
}

pub(super) fn look(state: &mut State) -> Observed {
    state.look(Instant::now()).unwrap().clone()
}

pub(super) fn replica(state: &mut State, replica: u32) -> Replica {
    match look(state).namespaces.remove(&name(replica)) {
        Some(Seen::Replica(replica)) => *replica,
        other => panic!("{other:?}"),
    }
}

pub(super) fn later(seconds: u64) -> Instant {
    Instant::now() + Duration::from_secs(seconds)
}
