//! Watches, with the clock of the runtime standing still but for what is waited for.

use crate::world::{MAP, MAPS, World, map, world};
use futures::StreamExt;
use http::Request;
use http_body_util::BodyExt;
use kube::client::Body;
use serde_json::{Value, json};
use std::time::Duration;

/// A watch from the revision of now.
async fn watch(world: &World, query: &str) -> impl futures::Stream<Item = Value> + Unpin + use<> {
    let revision = world.server.revision();
    let uri = format!("{MAPS}?watch=true&resourceVersion={revision}&{query}");
    let body = world.raw(Request::get(uri).body(Body::empty()).unwrap()).await.into_body();
    let lines = body.into_data_stream().map(|chunk| chunk.unwrap());
    Box::pin(lines.flat_map(|chunk| {
        let lines = chunk.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        futures::stream::iter(lines.map(|line| serde_json::from_slice(line).unwrap()).collect::<Vec<Value>>())
    }))
}

fn what(event: &Value) -> (&str, &str) {
    (event["type"].as_str().unwrap(), event["object"]["metadata"]["name"].as_str().unwrap_or_default())
}

#[tokio::test(start_paused = true)]
async fn changes_come_in_order() {
    let world = world();
    let mut watch = watch(&world, "").await;
    world.post(MAPS, &map("m")).await;
    world.merge(MAP, &json!({ "data": { "key": "2" } })).await;
    world.delete(MAP, &json!({})).await;
    for expected in ["ADDED", "MODIFIED", "DELETED"] {
        assert_eq!(what(&watch.next().await.unwrap()), (expected, "m"));
    }
}

#[tokio::test(start_paused = true)]
async fn what_ceases_to_match_is_told_as_deleted_and_what_begins_to_as_added() {
    let world = world();
    world.post(MAPS, &map("m")).await;
    let mut watch = watch(&world, "labelSelector=of%3Dtest").await;
    world.merge(MAP, &json!({ "metadata": { "labels": { "of": "other" } } })).await;
    world.merge(MAP, &json!({ "data": { "key": "2" } })).await;
    world.merge(MAP, &json!({ "metadata": { "labels": { "of": "test" } } })).await;
    let left = watch.next().await.unwrap();
    assert_eq!(
        (what(&left), &left["object"]["metadata"]["labels"]["of"]),
        (("DELETED", "m"), &json!("test"))
    );
    assert_eq!(what(&watch.next().await.unwrap()), ("ADDED", "m"));
}

#[tokio::test(start_paused = true)]
async fn a_watch_ends_at_its_timeout_with_a_bookmark_of_how_far_it_came() {
    let world = world();
    let mut watch = watch(&world, "timeoutSeconds=90&allowWatchBookmarks=true").await;
    world.server.put("secrets", json!({ "metadata": { "name": "s", "namespace": "a" } }));
    let revision = world.server.revision().to_string();
    let bookmarks: Vec<Value> =
        tokio::time::timeout(Duration::from_secs(100), watch.by_ref().collect()).await.unwrap();
    assert_eq!(bookmarks.len(), 2);
    assert_eq!(what(&bookmarks[0]), ("BOOKMARK", ""));
    assert_eq!(bookmarks[0]["object"]["metadata"]["resourceVersion"], revision);
}

#[tokio::test(start_paused = true)]
async fn a_watch_from_a_forgotten_revision_is_told_it_is_gone() {
    let world = world();
    let mut watch = watch(&world, "").await;
    world.post(MAPS, &map("m")).await;
    world.server.compact();
    let error = watch.next().await.unwrap();
    assert_eq!((&error["type"], &error["object"]["code"]), (&json!("ERROR"), &json!(410)));
    assert_eq!(watch.next().await, None);
}

#[tokio::test(start_paused = true)]
async fn a_dropped_change_is_told_to_nobody_and_the_next_one_is() {
    let world = world();
    let mut watch = watch(&world, "").await;
    world.server.drop_events("configmaps", 1);
    world.post(MAPS, &map("unheard")).await;
    world.post(MAPS, &map("m")).await;
    assert_eq!(what(&watch.next().await.unwrap()), ("ADDED", "m"));
}

#[tokio::test(start_paused = true)]
async fn all_watches_can_be_told_they_are_too_old_or_be_cut() {
    let world = world();
    let mut expired = watch(&world, "").await;
    world.server.expire_watches();
    assert_eq!(expired.next().await.unwrap()["object"]["reason"], "Expired");
    let mut cut = watch(&world, "").await;
    world.server.break_watches();
    assert_eq!(cut.next().await, None);
}

#[tokio::test(start_paused = true)]
async fn a_frozen_user_hears_of_changes_when_thawed() {
    let world = world();
    let now = world.server.revision();
    world.server.faults(|faults| faults.freeze("tester", now));
    let mut watch = watch(&world, "").await;
    world.server.put("configmaps", json!({ "metadata": { "name": "m", "namespace": "a" } }));
    let unheard = tokio::time::timeout(Duration::from_secs(30), watch.next()).await;
    assert!(unheard.is_err());
    world.server.faults(|faults| faults.thaw("tester"));
    assert_eq!(what(&watch.next().await.unwrap()), ("ADDED", "m"));
}
