//! Deletion.

use crate::world::{MAP, MAPS, map, world};
use serde_json::json;

#[tokio::test]
async fn what_nothing_holds_is_gone_at_once() {
    let world = world();
    let made = world.post(MAPS, &map("m")).await;
    let deleted = world.delete(MAP, &json!({})).await;
    assert_eq!((&deleted.body["kind"], &deleted.body["status"]), (&json!("Status"), &json!("Success")));
    assert_eq!(deleted.body["details"]["uid"], made.body["metadata"]["uid"]);
    assert_eq!(world.get(MAP).await.reason(), (404, "NotFound"));
    assert_eq!(world.delete(MAP, &json!({})).await.reason(), (404, "NotFound"));
}

#[tokio::test]
async fn a_precondition_that_fails_is_a_conflict() {
    let world = world();
    let made = world.post(MAPS, &map("m")).await;
    for wrong in [json!({ "uid": "another" }), json!({ "resourceVersion": "1" })] {
        let refused = world.delete(MAP, &json!({ "preconditions": wrong })).await;
        assert_eq!(refused.reason(), (409, "Conflict"));
    }
    let right = json!({ "uid": made.body["metadata"]["uid"], "resourceVersion": made.revision() });
    assert_eq!(world.delete(MAP, &json!({ "preconditions": right })).await.code, 200);
}

#[tokio::test]
async fn a_finalizer_keeps_it_until_it_is_taken_away() {
    let world = world();
    let mut held = map("m");
    held["metadata"]["finalizers"] = json!(["a/b"]);
    world.post(MAPS, &held).await;
    let marked = world.delete(MAP, &json!({})).await;
    assert!(marked.body["metadata"].get("deletionTimestamp").is_some());
    assert_eq!(world.get(MAP).await.code, 200);
    world.merge(MAP, &json!({ "metadata": { "finalizers": null } })).await;
    assert_eq!(world.get(MAP).await.reason(), (404, "NotFound"));
}

#[tokio::test]
async fn a_deletion_cannot_be_taken_back() {
    let world = world();
    let mut held = map("m");
    held["metadata"]["finalizers"] = json!(["a/b"]);
    world.post(MAPS, &held).await;
    world.delete(MAP, &json!({})).await;
    let patched = world.merge(MAP, &json!({ "metadata": { "deletionTimestamp": null } })).await;
    assert!(patched.body["metadata"].get("deletionTimestamp").is_some());
}

#[tokio::test]
async fn a_namespace_goes_through_terminating() {
    let world = world();
    let deleted = world.delete("/api/v1/namespaces/a", &json!({})).await;
    assert_eq!(
        (&deleted.body["kind"], &deleted.body["status"]["phase"]),
        (&json!("Namespace"), &json!("Terminating"))
    );
    let again = world.delete("/api/v1/namespaces/a", &json!({})).await;
    assert_eq!(again.body["metadata"]["resourceVersion"], deleted.body["metadata"]["resourceVersion"]);
}

#[tokio::test]
async fn a_job_deleted_without_a_policy_leaves_its_pods_behind() {
    let world = world();
    let template = json!({ "spec": { "containers": [{ "name": "c" }], "restartPolicy": "Never" } });
    let job = json!({ "metadata": { "name": "j" }, "spec": { "template": template } });
    let jobs = "/apis/batch/v1/namespaces/a/jobs";
    world.post(jobs, &job).await;
    let marked = world.delete(&format!("{jobs}/j"), &json!({})).await;
    assert_eq!(marked.body["metadata"]["finalizers"], json!(["orphan"]));
    world.server.remove("jobs", "a", "j");
    world.post(jobs, &job).await;
    let gone = world.delete(&format!("{jobs}/j"), &json!({ "propagationPolicy": "Background" })).await;
    assert_eq!(gone.body["status"], "Success");
}
