//! Create, replace, merge patch.

use crate::world::{MAP, MAPS, NOW, map, world};
use serde_json::json;

#[tokio::test]
async fn a_new_object_gets_uid_time_and_revision() {
    let world = world();
    let made = world.post(MAPS, &map("m")).await;
    assert_eq!(made.code, 201);
    assert_eq!(made.body["metadata"]["creationTimestamp"], NOW);
    assert_eq!(made.body["metadata"]["namespace"], "a");
    assert_eq!((&made.body["kind"], &made.body["apiVersion"]), (&json!("ConfigMap"), &json!("v1")));
    let other = world.post(MAPS, &map("n")).await;
    assert_ne!(made.body["metadata"]["uid"], other.body["metadata"]["uid"]);
    assert!(other.revision().parse::<u64>().unwrap() > made.revision().parse().unwrap());
}

#[tokio::test]
async fn what_exists_is_not_created_again() {
    let world = world();
    world.post(MAPS, &map("m")).await;
    let again = world.post(MAPS, &map("m")).await;
    assert_eq!(again.reason(), (409, "AlreadyExists"));
    assert_eq!(again.body["message"], "configmaps \"m\" already exists");
    assert_eq!(again.body["details"]["kind"], "configmaps");
}

#[tokio::test]
async fn a_generated_name_has_its_prefix_and_is_new() {
    let world = world();
    let body = json!({ "metadata": { "generateName": "m-" } });
    let (one, two) = (world.post(MAPS, &body).await, world.post(MAPS, &body).await);
    assert!(one.body["metadata"]["name"].as_str().unwrap().starts_with("m-"));
    assert_ne!(one.body["metadata"]["name"], two.body["metadata"]["name"]);
}

#[tokio::test]
async fn nothing_is_made_in_a_namespace_that_is_not_there_or_is_going() {
    let world = world();
    let nowhere = world.post("/api/v1/namespaces/b/configmaps", &map("m")).await;
    assert_eq!(nowhere.reason(), (404, "NotFound"));
    world.delete("/api/v1/namespaces/a", &json!({})).await;
    let going = world.post(MAPS, &map("m")).await;
    assert_eq!(going.reason(), (403, "Forbidden"));
    assert_eq!(going.body["details"]["causes"][0]["reason"], "NamespaceTerminating");
}

#[tokio::test]
async fn a_write_over_an_older_revision_is_a_conflict_and_changes_nothing() {
    let world = world();
    let old = world.post(MAPS, &map("m")).await.revision().to_owned();
    let now = world.merge(MAP, &json!({ "data": { "key": "2" } })).await.revision().to_owned();
    let stale = json!({ "metadata": { "resourceVersion": old }, "data": { "key": "3" } });
    assert_eq!(world.merge(MAP, &stale).await.reason(), (409, "Conflict"));
    let mut whole = map("m");
    whole["metadata"]["resourceVersion"] = old.into();
    assert_eq!(world.put(MAP, &whole).await.reason(), (409, "Conflict"));
    let read = world.get(MAP).await;
    assert_eq!((read.revision(), &read.body["data"]["key"]), (now.as_str(), &json!("2")));
}

#[tokio::test]
async fn another_uid_is_invalid_where_the_revision_fits() {
    let world = world();
    world.post(MAPS, &map("m")).await;
    let wrong = world.merge(MAP, &json!({ "metadata": { "uid": "another" } })).await;
    assert_eq!(wrong.reason(), (422, "Invalid"));
}

#[tokio::test]
async fn a_change_that_changes_nothing_writes_nothing() {
    let world = world();
    let made = world.post(MAPS, &map("m")).await;
    let same = world.merge(MAP, &json!({ "data": { "key": "1" } })).await;
    assert_eq!(made.revision(), same.revision());
    let put = world.put(MAP, &map("m")).await;
    assert_eq!(made.revision(), put.revision());
    assert_eq!(world.server.audit(|audit| audit.commits().count()), 1);
}

#[tokio::test]
async fn null_takes_a_field_away() {
    let world = world();
    world.post(MAPS, &map("m")).await;
    let patched = world.merge(MAP, &json!({ "metadata": { "labels": { "of": null } } })).await;
    assert_eq!(patched.body["metadata"].get("labels").and_then(|labels| labels.get("of")), None);
}

#[tokio::test]
async fn a_status_is_written_apart_from_the_rest() {
    let world = world();
    let claim = json!({ "metadata": { "name": "c" }, "spec": { "accessModes": ["ReadWriteOnce"] },
        "status": { "phase": "Bound" } });
    let made = world.post("/api/v1/namespaces/a/persistentvolumeclaims", &claim).await;
    assert_eq!(made.body["status"]["phase"], "Pending");
    let path = "/api/v1/namespaces/a/persistentvolumeclaims/c";
    let status = json!({ "metadata": { "labels": { "x": "y" } }, "status": { "phase": "Bound" } });
    assert_eq!(world.merge(path, &status).await.body["status"]["phase"], "Pending");
    let told = world.merge(&format!("{path}/status"), &status).await;
    assert_eq!(told.body["status"]["phase"], "Bound");
}

#[tokio::test]
async fn what_is_immutable_stays() {
    let world = world();
    let secrets = "/api/v1/namespaces/a/secrets";
    world.post(secrets, &json!({ "metadata": { "name": "s" }, "type": "Opaque" })).await;
    let other = json!({ "type": "kubernetes.io/basic-auth" });
    assert_eq!(world.merge(&format!("{secrets}/s"), &other).await.reason(), (422, "Invalid"));
}

#[tokio::test]
async fn only_changes_of_the_spec_count_as_a_generation() {
    let world = world();
    let policies = "/apis/networking.k8s.io/v1/namespaces/a/networkpolicies";
    let policy = json!({ "metadata": { "name": "p" }, "spec": { "podSelector": {} } });
    assert_eq!(world.post(policies, &policy).await.body["metadata"]["generation"], 1);
    let path = format!("{policies}/p");
    let labelled = world.merge(&path, &json!({ "metadata": { "labels": { "x": "y" } } })).await;
    assert_eq!(labelled.body["metadata"]["generation"], 1);
    let changed = world.merge(&path, &json!({ "spec": { "policyTypes": ["Egress"] } })).await;
    assert_eq!(changed.body["metadata"]["generation"], 2);
}

#[tokio::test]
async fn a_lease_is_replaced_only_over_the_revision_that_was_read() {
    let world = world();
    let leases = "/apis/coordination.k8s.io/v1/namespaces/a/leases";
    let made = world.post(leases, &json!({ "metadata": { "name": "l" } })).await;
    let mut body = json!({ "metadata": { "name": "l" }, "spec": { "holderIdentity": "me" } });
    let path = format!("{leases}/l");
    assert_eq!(world.put(&path, &body).await.reason(), (422, "Invalid"));
    body["metadata"]["resourceVersion"] = made.revision().into();
    assert_eq!(world.put(&path, &body).await.code, 200);
    assert_eq!(world.put(&path, &body).await.reason(), (409, "Conflict"));
}

#[tokio::test]
async fn a_token_is_reviewed_by_what_is_known_of_it_and_nothing_is_kept() {
    let world = world();
    world.server.know_token("t", json!({ "authenticated": true, "audiences": ["x"] }));
    let path = "/apis/authentication.k8s.io/v1/tokenreviews";
    let known = world.post(path, &json!({ "spec": { "token": "t" } })).await;
    assert_eq!((known.code.as_u16(), &known.body["status"]["authenticated"]), (201, &json!(true)));
    let unknown = world.post(path, &json!({ "spec": { "token": "u" } })).await;
    assert_eq!(unknown.body["status"]["authenticated"], false);
}
