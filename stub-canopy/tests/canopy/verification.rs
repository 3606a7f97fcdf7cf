//! Reports, and declarations that are gone.

use crate::world::{World, entry, id, replica, report, server, with};
use contract::{canopy::Outcome, ids::ReplicaKey};
use serde_json::{Value, json};

#[tokio::test]
async fn a_report_about_a_declaration_is_accepted_and_stands_in_the_ledger() {
    let world = World::start().await;
    assert_eq!(world.post("/restore-verification", &report()).await.status, 204);
    let ledger = world.canopy.control().ledger().await.unwrap();
    assert_eq!((&ledger.verifications[0].body, ledger.verifications[0].status), (&report(), 204));
    let key = ReplicaKey { replica_id: replica(1), server_id: server(2) };
    assert_eq!(ledger.accepted_reports(key)[0].outcome, Outcome::Success);
}

#[tokio::test]
async fn a_failure_is_accepted_as_a_success_is() {
    let world = World::start().await;
    let failure = with(with(report(), "outcome", json!("failure")), "error", json!("no space left"));
    assert_eq!(world.post("/restore-verification", &failure).await.status, 204);
    world.ledger().await;
}

#[tokio::test]
async fn a_report_about_a_declaration_that_is_gone_is_forbidden_and_nothing_unexpected() {
    let world = World::start().await;
    world.canopy.control().remove_entry(replica(1), Some(server(2))).await.unwrap();
    world.post("/restore-verification", &report()).await.assert_problem(403);
    let ledger = world.ledger().await;
    assert_eq!((&ledger["verifications"][0]["status"], &ledger["unexpected"]), (&json!(403), &json!([])));
}

#[tokio::test]
async fn fault_b11_a_report_about_another_server_of_the_declaration_does_not_pass_for_this_one() {
    let world = World::start().await;
    world.canopy.control().put_entry(&entry(1, 3)).await.unwrap();
    world.canopy.control().remove_entry(replica(1), Some(server(2))).await.unwrap();
    world.post("/restore-verification", &report()).await.assert_problem(403);
    let other = with(report(), "server_id", json!(id(3)));
    assert_eq!(world.post("/restore-verification", &other).await.status, 204);
    world.ledger().await;
}

#[tokio::test]
async fn a_report_need_not_name_its_declaration() {
    let world = World::start().await;
    let nameless = with(report(), "replica_id", Value::Null);
    assert_eq!(world.post("/restore-verification", &nameless).await.status, 204);
    world.canopy.control().remove_entry(replica(1), None).await.unwrap();
    world.post("/restore-verification", &nameless).await.assert_problem(403);
    world.ledger().await;
}

#[tokio::test]
async fn a_report_is_accepted_while_its_intent_is_not_advertised() {
    let world = World::start().await;
    world.post("/restore-capabilities", &json!({"intents": []})).await;
    assert_eq!(world.post("/restore-verification", &report()).await.status, 204);
    world.ledger().await;
}
