//! Dispatch: what the worklist shows to whom.

use crate::world::{World, advertisement, entry, id, with};
use serde_json::{Value, json};
use stub_canopy::Config;

async fn names(world: &World) -> Vec<Value> {
    let list = world.get("/restore-worklist").await.json();
    list.as_array().unwrap().iter().map(|entry| entry["name"].clone()).collect()
}

async fn with_one_of_each_intent() -> World {
    let world = World::with(Config::loopback()).await;
    for (n, intent) in [(1, "verify"), (2, "analytics"), (3, "disaster-recovery")] {
        let entry = with(with(entry(n, n), "intent", json!(intent)), "name", json!(intent));
        world.canopy.control().put_entry(&entry).await.unwrap();
    }
    world
}

#[tokio::test]
async fn nothing_is_dispatched_before_anything_was_advertised() {
    let world = with_one_of_each_intent().await;
    assert_eq!(world.get("/restore-worklist").await.text, "[]");
}

#[tokio::test]
async fn only_advertised_intents_are_dispatched() {
    let world = with_one_of_each_intent().await;
    world.post("/restore-capabilities", &json!({"intents": ["verify", "disaster-recovery"]})).await;
    assert_eq!(names(&world).await, ["verify", "disaster-recovery"]);
}

#[tokio::test]
async fn an_advertisement_replaces_the_one_before_wholesale() {
    let world = with_one_of_each_intent().await;
    world.post("/restore-capabilities", &advertisement()).await;
    assert_eq!(names(&world).await.len(), 3);
    world.post("/public/restore-capabilities", &json!({"intents": ["analytics"]})).await;
    assert_eq!(names(&world).await, ["analytics"]);
    world.post("/restore-capabilities", &json!({"intents": []})).await;
    assert_eq!(names(&world).await, [] as [Value; 0]);
}

#[tokio::test]
async fn entries_are_passed_on_exactly_as_given() {
    let world = World::start().await;
    let given = entry(1, 2).to_string().replacen(
        '{',
        r#"{"params": {"scale": 1.50,  "big": 123456789012345678901234567890}, "overdue_after_seconds": 60, "new": null, "#,
        1,
    );
    let put = world.script(http::Method::PUT, "/worklist", &format!("[ {given} ]")).await;
    assert_eq!(put.status, 204, "{put:?}");
    let reply = world.get("/restore-worklist").await;
    assert_eq!((reply.content_type.as_str(), reply.text), ("application/json", format!("[{given}]")));
}

#[tokio::test]
async fn the_list_is_the_complete_state_computed_fresh_on_each_call() {
    let world = World::start().await;
    assert_eq!(world.get("/restore-worklist").await.json(), json!([entry(1, 2)]));
    let moved = with(entry(1, 2), "snapshot_id", json!("f".repeat(32)));
    world.canopy.control().put_entry(&moved).await.unwrap();
    world.canopy.control().put_entry(&entry(1, 3)).await.unwrap();
    assert_eq!(world.get("/public/restore-worklist").await.json(), json!([moved, entry(1, 3)]));
}

#[tokio::test]
async fn a_group_wide_declaration_is_several_entries_that_share_its_id() {
    let world = World::start().await;
    world.canopy.control().put_entry(&entry(1, 3)).await.unwrap();
    let list = world.get("/restore-worklist").await.json();
    assert_eq!((&list[0]["replica_id"], &list[1]["replica_id"]), (&json!(id(1)), &json!(id(1))));
    assert_eq!((&list[0]["server_id"], &list[1]["server_id"]), (&json!(id(2)), &json!(id(3))));
}
