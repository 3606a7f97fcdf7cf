//! Namespaces go when they are empty.

use crate::world::{job, world};
use fake_apiserver::Outcome;
use k8s_openapi::api::core::v1::Namespace;
use kube::{Api, api::DeleteParams};
use serde_json::json;

#[tokio::test]
async fn a_namespace_takes_everything_in_it_along() {
    let mut world = world();
    world.create("jobs", job(&json!({})));
    world.create("secrets", json!({ "metadata": { "name": "s", "namespace": "a" } }));
    world.actors.settle();
    let namespaces: Api<Namespace> = Api::all(world.server.client("tester"));
    namespaces.delete("a", &DeleteParams::default()).await.unwrap();
    world.actors.settle();
    assert_eq!(world.server.get("namespaces", "", "a"), None);
    assert_eq!(world.pods().len() + world.server.list("secrets", "a").len(), 0);
}

#[tokio::test]
async fn a_stuck_finalizer_keeps_it_terminating() {
    let mut world = world();
    let held = json!({ "metadata": { "name": "s", "namespace": "a", "finalizers": ["a/b"] } });
    world.create("secrets", held);
    let namespaces: Api<Namespace> = Api::all(world.server.client("tester"));
    namespaces.delete("a", &DeleteParams::default()).await.unwrap();
    world.actors.settle();
    let stuck = world.server.get("namespaces", "", "a").unwrap();
    assert_eq!(stuck["status"]["phase"], "Terminating");
    world.server.edit("secrets", "a", "s", |secret| secret["metadata"]["finalizers"] = json!([]));
    world.actors.settle();
    assert_eq!(world.server.get("namespaces", "", "a"), None);
}

#[tokio::test]
async fn a_volume_in_use_is_kept_until_its_pod_has_ended() {
    let mut world = world();
    let claim = json!({ "metadata": { "name": "c", "namespace": "a",
        "finalizers": ["kubernetes.io/pvc-protection"] }, "status": { "phase": "Pending" } });
    world.create("persistentvolumeclaims", claim);
    let volumes = json!([{ "name": "v", "persistentVolumeClaim": { "claimName": "c" } }]);
    world.create(
        "pods",
        json!({ "metadata": { "name": "p", "namespace": "a" },
        "spec": { "restartPolicy": "Never", "containers": [{ "name": "main" }], "volumes": volumes } }),
    );
    world.actors.settle();
    world.server.edit("persistentvolumeclaims", "a", "c", |claim| {
        claim["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z".into();
    });
    world.actors.settle();
    assert!(world.server.get("persistentvolumeclaims", "a", "c").is_some());
    world.actors.script(|_| Outcome::done("main", ""));
    world.actors.settle();
    assert_eq!(world.server.get("persistentvolumeclaims", "a", "c"), None);
}
