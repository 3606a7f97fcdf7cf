//! The ledger's document, key by key.

use crate::world::{World, advertisement, report, request};
use http::Method;
use serde_json::{Value, json};
use std::{collections::BTreeSet, sync::Arc};
use stub_canopy::Config;

fn keys(value: &Value) -> BTreeSet<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

/// One call of each kind, and one no correct client makes.
async fn after_one_of_each() -> World {
    let clock = Arc::new(|| "2026-01-02T03:04:05Z".parse().unwrap());
    let world = World::with(Config { clock, ..Config::loopback() }).await;
    world.post("/restore-capabilities", &advertisement()).await;
    world.get("/restore-worklist").await;
    world.post("/restore-credentials", &request()).await;
    world.post("/restore-verification", &report()).await;
    world.get("/nowhere").await;
    world
}

#[tokio::test]
async fn the_ledger_has_exactly_the_shape_of_the_contract() {
    let world = after_one_of_each().await;
    let at = "2026-01-02T03:04:05Z";
    let expected = json!({
        "capabilities": [{"at": at, "body": advertisement()}],
        "worklist_polls": 1,
        "credentials": [{"at": at, "body": request(), "status": 403}],
        "verifications": [{"at": at, "body": report(), "status": 403}],
        "unexpected": [{"at": at, "method": "GET", "path": "/nowhere", "status": 404,
            "why": "there is nothing at this path"}],
    });
    assert_eq!(world.ledger().await, expected);
    world.take_unexpected();
}

#[tokio::test]
async fn calls_stand_in_the_order_they_came() {
    let world = World::start().await;
    for intents in [json!(["verify"]), json!([]), json!(["analytics"])] {
        world.post("/restore-capabilities", &json!({"intents": intents})).await;
    }
    let ledger = world.ledger().await;
    let said: Vec<_> =
        ledger["capabilities"].as_array().unwrap().iter().map(|c| &c["body"]["intents"]).collect();
    assert_eq!(said, [&json!(["verify"]), &json!([]), &json!(["analytics"])]);
}

#[tokio::test]
async fn deleting_the_ledger_forgets_every_call_and_nothing_else() {
    let world = World::start().await;
    world.get("/nowhere").await;
    world.post("/restore-verification", &report()).await;
    assert_eq!(world.script(Method::DELETE, "/ledger", "").await.status, 204);
    let ledger = world.ledger().await;
    assert_eq!(
        ledger,
        json!({"capabilities": [], "worklist_polls": 0, "credentials": [], "verifications": [], "unexpected": []})
    );
    assert_eq!(keys(&ledger).len(), 5);
    assert_eq!(world.get("/restore-worklist").await.json().as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn control_calls_and_the_probe_do_not_stand_in_it() {
    let world = World::start().await;
    world.canopy.control().is_up().await;
    world.get("/public/servers").await;
    let ledger = world.ledger().await;
    assert_eq!((&ledger["worklist_polls"], &ledger["unexpected"]), (&json!(0), &json!([])));
}

#[tokio::test]
async fn the_typed_ledger_says_the_same_as_the_document() {
    let world = after_one_of_each().await;
    let typed = world.canopy.control().ledger().await.unwrap();
    assert_eq!(serde_json::to_value(&typed).unwrap(), world.ledger().await);
    world.take_unexpected();
}
