//! The control, by hand and through the client.

use crate::world::{World, entry, id, replica, report, server, with};
use http::Method;
use serde_json::{Value, json};
use stub_canopy::{ControlClient, ControlError, Endpoint, Fault, FaultRule};

async fn listed(world: &World) -> Value {
    world.get("/restore-worklist").await.json()
}

#[tokio::test]
async fn put_replaces_the_whole_worklist() {
    let world = World::start().await;
    let two = json!([entry(3, 3), entry(4, 4)]);
    assert_eq!(world.script(Method::PUT, "/worklist", &two.to_string()).await.status, 204);
    assert_eq!(listed(&world).await, two);
    assert_eq!(world.script(Method::PUT, "/worklist", "[]").await.status, 204);
    assert_eq!(listed(&world).await, json!([]));
}

#[tokio::test]
async fn post_adds_an_entry_or_replaces_the_one_with_its_key() {
    let world = World::start().await;
    let renamed = with(entry(1, 2), "name", json!("B"));
    for entry in [entry(1, 3), renamed.clone()] {
        assert_eq!(world.script(Method::POST, "/worklist", &entry.to_string()).await.status, 204);
    }
    assert_eq!(listed(&world).await, json!([renamed, entry(1, 3)]));
}

#[tokio::test]
async fn delete_removes_one_server_of_a_declaration_or_all_of_it() {
    let world = World::start().await;
    world.canopy.control().put_entry(&entry(1, 3)).await.unwrap();
    world.canopy.control().put_entry(&entry(4, 3)).await.unwrap();
    let one = format!("/worklist/{}?server_id={}", id(1), id(3));
    assert_eq!(world.script(Method::DELETE, &one, "").await.status, 204);
    assert_eq!(listed(&world).await, json!([entry(1, 2), entry(4, 3)]));
    let all = format!("/worklist/{}?server_id=", id(1));
    assert_eq!(world.script(Method::DELETE, &all, "").await.status, 204);
    assert_eq!(listed(&world).await, json!([entry(4, 3)]));
    world.script(Method::DELETE, &all, "").await.assert_problem(404);
}

#[tokio::test]
async fn a_mistake_of_the_test_is_a_problem_and_no_unexpected_call_of_its_client() {
    let world = World::start().await;
    let lacking = with(entry(1, 2), "bucket", Value::Null);
    for (method, path, body) in [
        (Method::PUT, "/worklist", entry(1, 2).to_string()),
        (Method::PUT, "/worklist", json!([lacking]).to_string()),
        (Method::POST, "/worklist", lacking.to_string()),
        (Method::POST, "/worklist", "[]".to_owned()),
        (Method::DELETE, "/worklist/everything", String::new()),
        (Method::POST, "/faults", "{}".to_owned()),
        (Method::POST, "/faults", json!({"endpoint": "worklist", "fault": {"status": 42}}).to_string()),
        (
            Method::POST,
            "/faults",
            json!({"endpoint": "worklist", "group": id(1), "fault": {"status": 500}}).to_string(),
        ),
    ] {
        world.script(method, path, &body).await.assert_problem(422);
    }
    assert_eq!(world.ledger().await["unexpected"], json!([]));
    assert_eq!(listed(&world).await, json!([entry(1, 2)]), "what is refused changes nothing");
}

#[tokio::test]
async fn the_client_says_which_call_was_refused_and_why() {
    let world = World::start().await;
    let error = world.canopy.control().put_entry(&json!({})).await.unwrap_err();
    assert!(matches!(&error, ControlError::Refused { status, .. } if status.as_u16() == 422), "{error:?}");
    assert!(error.to_string().starts_with("the stub refused POST worklist with 422"), "{error}");
}

#[tokio::test]
async fn a_client_of_an_address_where_nothing_is_says_what_it_called() {
    let nobody = ControlClient::new("http://127.0.0.1:1".parse().unwrap()).unwrap();
    assert!(!nobody.is_up().await);
    let error = nobody.ledger().await.unwrap_err();
    assert!(error.to_string().starts_with("failed to call GET ledger of the stub"), "{error}");
}

#[tokio::test]
async fn reset_leaves_a_stub_as_it_was_started() {
    let world = World::start().await;
    world.post("/restore-verification", &report()).await;
    let control = world.canopy.control();
    control.inject(&FaultRule::new(Endpoint::Worklist, Fault::status(500))).await.unwrap();
    control.reset().await.unwrap();
    assert_eq!(listed(&world).await, json!([]));
    assert_eq!(control.ledger().await.unwrap().verifications, []);
}

#[tokio::test]
async fn removing_through_the_client_names_the_pair() {
    let world = World::start().await;
    let control = world.canopy.control();
    assert!(control.remove_entry(replica(1), Some(server(9))).await.is_err());
    control.remove_entry(replica(1), Some(server(2))).await.unwrap();
    assert_eq!(listed(&world).await, json!([]));
}

#[tokio::test]
async fn the_stub_says_that_it_is_up() {
    let world = World::start().await;
    assert!(world.canopy.control().is_up().await);
    assert_eq!(world.script(Method::GET, "/health", "").await.status, 204);
}
