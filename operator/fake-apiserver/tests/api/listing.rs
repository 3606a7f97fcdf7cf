//! Lists: pages, tokens, selectors, metadata alone, earlier views.

use crate::world::{MAPS, map, world};
use fake_apiserver::{Fault, Harm, Verb};
use http::Request;
use http_body_util::BodyExt;
use kube::client::Body;
use serde_json::{Value, json};

fn names(list: &Value) -> Vec<&str> {
    list["items"].as_array().unwrap().iter().map(|item| item["metadata"]["name"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn pages_are_of_one_moment() {
    let world = world();
    for name in ["a", "b", "c"] {
        world.post(MAPS, &map(name)).await;
    }
    let first = world.get(&format!("{MAPS}?limit=2")).await;
    assert_eq!(names(&first.body), ["a", "b"]);
    assert_eq!(first.body["metadata"]["remainingItemCount"], 1);
    world.post(MAPS, &map("d")).await;
    let token = first.body["metadata"]["continue"].as_str().unwrap();
    let second = world.get(&format!("{MAPS}?limit=2&continue={token}")).await;
    assert_eq!(names(&second.body), ["c"]);
    assert_eq!(first.revision(), second.revision());
    assert_eq!(second.body["metadata"].get("continue"), None);
}

#[tokio::test]
async fn a_token_does_not_survive_a_compaction() {
    let world = world();
    for name in ["a", "b"] {
        world.post(MAPS, &map(name)).await;
    }
    let first = world.get(&format!("{MAPS}?limit=1")).await;
    world.server.compact();
    let token = first.body["metadata"]["continue"].as_str().unwrap();
    assert_eq!(world.get(&format!("{MAPS}?limit=1&continue={token}")).await.reason(), (410, "Expired"));
}

#[tokio::test]
async fn items_say_no_kind_and_the_list_says_it_for_all() {
    let world = world();
    world.post(MAPS, &map("m")).await;
    let list = world.get(MAPS).await;
    assert_eq!(list.body["kind"], "ConfigMapList");
    assert_eq!(list.body["items"][0].get("kind"), None);
    assert_eq!(list.body["items"][0]["data"]["key"], "1");
}

#[tokio::test]
async fn selectors_choose_by_label_and_name() {
    let world = world();
    for (name, of) in [("a", "x"), ("b", "y"), ("c", "z")] {
        world.post(MAPS, &json!({ "metadata": { "name": name, "labels": { "of": of } } })).await;
    }
    let all: [(&str, &[&str]); 7] = [
        ("labelSelector=of%3Dx", &["a"]),
        ("labelSelector=of%21%3Dx", &["b", "c"]),
        ("labelSelector=of+in+%28x%2Cy%29", &["a", "b"]),
        ("labelSelector=of+notin+%28x%2Cy%29", &["c"]),
        ("labelSelector=of%2C%21other", &["a", "b", "c"]),
        ("labelSelector=other", &[]),
        ("fieldSelector=metadata.name%3Dc", &["c"]),
    ];
    for (query, expected) in all {
        assert_eq!(names(&world.get(&format!("{MAPS}?{query}")).await.body), expected, "{query}");
    }
}

#[tokio::test]
async fn metadata_alone_is_given_to_who_asks_for_it() {
    let world = world();
    world.post(MAPS, &map("m")).await;
    let accept = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";
    let request = Request::get(MAPS).header("accept", accept).body(Body::empty()).unwrap();
    let bytes = world.raw(request).await.into_body().collect().await.unwrap().to_bytes();
    let list: Value = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(list["kind"], "PartialObjectMetadataList");
    assert_eq!(list["items"][0]["kind"], "PartialObjectMetadata");
    assert_eq!(list["items"][0].get("data"), None);
    assert_eq!(list["items"][0]["metadata"]["labels"]["of"], "test");
}

#[tokio::test]
async fn a_stale_read_shows_what_was_there_then() {
    let world = world();
    world.post(MAPS, &map("old")).await;
    let then = world.server.revision();
    world.post(MAPS, &map("new")).await;
    world.merge(&format!("{MAPS}/old"), &json!({ "data": { "key": "2" } })).await;
    world
        .server
        .faults(|faults| faults.add(Fault::new(Harm::ReadAt(then)).on(Verb::List, "configmaps").times(1)));
    let stale = world.get(MAPS).await;
    assert_eq!((names(&stale.body), &stale.body["items"][0]["data"]["key"]), (vec!["old"], &json!("1")));
    assert_eq!(names(&world.get(MAPS).await.body), ["new", "old"]);
}
