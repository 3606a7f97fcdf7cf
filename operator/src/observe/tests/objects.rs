//! Objects of one replica, and what they come to.

use super::super::{
    Kind,
    index::{Followed, State},
    wire::{Claim, Deployment, Job, Namespace, Pod, Service},
};
use crate::{
    model::{Identity, JobPhase, Observed, PostgresPhase, Replica, Run, Seen},
    resources::{Component, app_labels},
};
use contract::{
    ids::{GroupId, Intent, ReplicaId, ReplicaKey, ServerId},
    names::{LabelValue, NamespaceName, RunName, annotations, labels, objects::containers},
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::time::Instant;
use uuid::Uuid;

pub(super) const NAMESPACE: &str = "clinic-a-12345678";

pub(super) fn run() -> RunName {
    RunName::of("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 1)
}

pub(super) fn typed<T: DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).unwrap()
}

pub(super) fn identity() -> Identity {
    Identity {
        key: ReplicaKey {
            replica_id: ReplicaId(Uuid::from_u128(1)),
            server_id: ServerId(Uuid::from_u128(2)),
        },
        group: GroupId(Uuid::from_u128(3)),
        backup_type: "an odd type".parse().unwrap(),
        intent: Intent::Analytics,
    }
}

pub(super) fn namespace(name: &str) -> Value {
    let identity = identity();
    json!({"metadata": {
        "name": name, "uid": "u1", "resourceVersion": "7", "creationTimestamp": "2026-01-01T00:00:00Z",
        "labels": {
            labels::MANAGED_BY: labels::MANAGED_BY_VALUE,
            labels::DECLARATION_ID: identity.key.replica_id.to_string(),
            labels::SERVER: identity.key.server_id.to_string(),
            labels::GROUP: identity.group.to_string(),
            labels::TYPE: LabelValue::of(identity.backup_type.as_str()).as_str(),
            labels::INTENT: identity.intent.as_str(),
        },
        "annotations": {annotations::TYPE: identity.backup_type.as_str(), annotations::RESTORE_STATE: "restoring"},
    }})
}

pub(super) fn meta(name: &str, component: Component) -> Value {
    json!({
        "name": name, "namespace": NAMESPACE, "creationTimestamp": "2026-01-01T00:00:00Z",
        "labels": {labels::RUN: run().as_str(), app_labels::COMPONENT: component.as_str()},
    })
}

pub(super) fn job(condition: Option<(&str, &str)>) -> Value {
    let conditions: Vec<Value> =
        condition.iter().map(|(kind, why)| json!({"type": kind, "status": "True", "reason": why})).collect();
    json!({"metadata": meta(&run().job(), Component::Restore), "status": {"conditions": conditions}})
}

pub(super) fn restore_pod(exit_code: i32, message: &str) -> Value {
    json!({"metadata": meta("restore-pod", Component::Restore), "status": {"containerStatuses": [
        {"name": containers::RESTORE, "image": "", "imageID": "", "ready": false, "restartCount": 0,
         "state": {"terminated": {"exitCode": exit_code, "message": message, "reason": "Error"}}},
    ]}})
}

pub(super) fn postgres_pod(prepare: &Value, ready: &str, restarts: i32) -> Value {
    json!({"metadata": meta("postgres-pod", Component::Postgres), "status": {
        "conditions": [{"type": "Ready", "status": ready}],
        "initContainerStatuses": [{"name": containers::PREPARE, "image": "", "imageID": "", "ready": true,
            "restartCount": 0, "state": prepare}],
        "containerStatuses": [{"name": containers::POSTGRES, "image": "", "imageID": "", "ready": false,
            "restartCount": restarts, "state": {"waiting": {"reason": "PodInitializing"}}}],
    }})
}

/// What these objects come to, all kinds having been listed.
pub(super) fn observed(objects: &Objects) -> Observed {
    listed(objects).look(Instant::now()).unwrap().clone()
}

/// These objects and no others, as lists of all kinds tell them.
pub(super) fn listed(objects: &Objects) -> State {
    let mut state = State::default();
    for kind in Kind::ALL {
        state.begin(kind);
    }
    let Objects { namespaces, claims, jobs, deployments, pods, services } = objects;
    put::<Namespace>(&mut state, namespaces);
    put::<Claim>(&mut state, claims);
    put::<Job>(&mut state, jobs);
    put::<Deployment>(&mut state, deployments);
    put::<Pod>(&mut state, pods);
    put::<Service>(&mut state, services);
    for kind in Kind::ALL {
        state.complete(kind);
    }
    state
}

pub(super) fn put<K: Followed>(state: &mut State, objects: &[Value]) {
    for object in objects {
        state.put(&typed::<K>(object.clone()));
    }
}

#[derive(Default)]
pub(super) struct Objects {
    pub(super) namespaces: Vec<Value>,
    pub(super) claims: Vec<Value>,
    pub(super) jobs: Vec<Value>,
    pub(super) deployments: Vec<Value>,
    pub(super) pods: Vec<Value>,
    pub(super) services: Vec<Value>,
}

impl Objects {
    pub(super) fn of_a_replica() -> Self {
        Self { namespaces: vec![namespace(NAMESPACE)], ..Self::default() }
    }
}

pub(super) fn replica(objects: &Objects) -> Replica {
    match observed(objects).namespaces.remove(&NAMESPACE.parse::<NamespaceName>().unwrap()) {
        Some(Seen::Replica(replica)) => *replica,
        other => panic!("{other:?}"),
    }
}

pub(super) fn with_job(job: Value, pods: Vec<Value>) -> Run {
    let objects = Objects { jobs: vec![job], pods, ..Objects::of_a_replica() };
    *replica(&objects).runs.remove(&run()).unwrap()
}

pub(super) fn job_phase(job: Value, pods: Vec<Value>) -> JobPhase {
    with_job(job, pods).job.unwrap().phase
}

pub(super) fn postgres_phase(pods: Vec<Value>) -> PostgresPhase {
    let deployments = vec![json!({"metadata": meta(&run().deployment(), Component::Postgres)})];
    let objects = Objects { deployments, pods, ..Objects::of_a_replica() };
    replica(&objects).runs.remove(&run()).unwrap().postgres.unwrap().phase
}
