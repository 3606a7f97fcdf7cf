//! What a correct client never does is refused, and remembered.

use crate::world::{MAP, MAPS, map, world};
use http::Request;
use kube::client::Body;
use serde_json::json;

#[tokio::test]
async fn unknown_paths_are_refused() {
    let world = world();
    let paths =
        ["/apis/batch/v1beta1/namespaces/a/jobs", "/api/v1/namespaces/a/widgets", "/healthz", "/api/v1"];
    for path in paths {
        assert_eq!(world.get(path).await.reason(), (404, "NotFound"), "{path}");
    }
    assert_eq!(world.mistakes(), paths.len());
}

#[tokio::test]
async fn unknown_parameters_are_refused() {
    let world = world();
    for query in ["pretty=true", "limit=many", "sendInitialEvents=true&watch=true", "watch=true"] {
        assert_eq!(world.get(&format!("{MAPS}?{query}")).await.reason(), (400, "BadRequest"), "{query}");
    }
    assert_eq!(world.mistakes(), 4);
}

#[tokio::test]
async fn fields_a_kind_does_not_have_are_refused_by_their_path() {
    let world = world();
    let body = json!({ "metadata": { "name": "m", "lables": {} } });
    let refused = world.post(MAPS, &body).await;
    assert_eq!(refused.reason(), (400, "BadRequest"));
    assert!(refused.body["message"].as_str().unwrap().contains("metadata.lables"), "{refused:?}");
    assert_eq!(world.mistakes(), 1);
}

#[tokio::test]
async fn bodies_of_a_wrong_shape_are_refused() {
    let world = world();
    for body in [json!([]), json!({ "data": { "key": 1 } }), json!({ "kind": "Secret" })] {
        assert_eq!(world.post(MAPS, &body).await.reason(), (400, "BadRequest"), "{body}");
    }
}

#[tokio::test]
async fn names_labels_and_sizes_are_held_to_their_rules() {
    let world = world();
    let long = "x".repeat(64);
    let huge = "x".repeat(256 * 1024);
    let wrong = [
        json!({ "name": "Upper" }),
        json!({ "name": "-m" }),
        json!({ "name": "m", "labels": { "of": long } }),
        json!({ "name": "m", "labels": { "of": "a b" } }),
        json!({ "name": "m", "labels": { "a//b": "" } }),
        json!({ "name": "m", "annotations": { "of": huge } }),
    ];
    for metadata in wrong {
        assert_eq!(world.post(MAPS, &json!({ "metadata": metadata })).await.reason(), (422, "Invalid"));
    }
}

#[tokio::test]
async fn forms_it_does_not_speak_are_refused() {
    let world = world();
    world.post(MAPS, &map("m")).await;
    let strategic = "application/strategic-merge-patch+json";
    let patch =
        Request::patch(MAP).header("content-type", strategic).body(Body::from(b"{}".to_vec())).unwrap();
    assert_eq!(world.raw(patch).await.status(), 415);
    let table = "application/json;as=Table;g=meta.k8s.io;v=v1";
    let list = Request::get(MAPS).header("accept", table).body(Body::empty()).unwrap();
    assert_eq!(world.raw(list).await.status(), 406);
    assert_eq!(world.apply_nameless().await, 400);
}

#[tokio::test]
async fn the_audit_knows_each_call_and_what_it_changed() {
    let world = world();
    world.post(MAPS, &map("m")).await;
    world.get(MAP).await;
    let seen: Vec<_> = world.server.audit(|audit| {
        let line =
            |entry: &fake_apiserver::Entry| (entry.n, entry.call.verb.as_str(), entry.code, entry.committed);
        audit.entries().map(line).collect()
    });
    assert_eq!(seen, [(1, "create", 201, true), (2, "get", 200, false)]);
    let right = ("tester".to_owned(), "create", "", "configmaps", "");
    assert_eq!(world.server.audit(|audit| audit.rights()[&right]), 1);
}
