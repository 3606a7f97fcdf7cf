//! Who gets credentials, and which.

use crate::world::{World, advertisement, entry, id, request, with};
use secrecy::SecretString;
use serde_json::json;
use std::{sync::Arc, time::Duration};
use stub_canopy::{Config, Keys, StsConfig};
use url::form_urlencoded;
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::method};

fn fixed() -> Config {
    Config {
        keys: Keys {
            access_key_id: "AK".to_owned(),
            secret_access_key: SecretString::from("SK"),
            session_token: SecretString::from("T"),
        },
        credential_life: Duration::from_secs(20),
        repo_password: SecretString::from("pw"),
        clock: Arc::new(|| "2026-01-02T03:04:05Z".parse().unwrap()),
        ..Config::loopback()
    }
}

#[tokio::test]
async fn a_declared_group_and_type_get_credentials_of_the_declared_life_and_the_password() {
    let world = World::with(fixed()).await;
    world.canopy.control().put_entry(&entry(1, 2)).await.unwrap();
    let reply = world.post("/restore-credentials", &request()).await;
    let expected = json!({
        "credentials": {"Version": 1, "AccessKeyId": "AK", "SecretAccessKey": "SK", "SessionToken": "T",
            "Expiration": "2026-01-02T03:04:25Z"},
        "repo_password": "pw",
    });
    assert_eq!((reply.status, reply.json()), (200, expected));
}

#[tokio::test]
async fn a_group_or_type_that_no_declaration_grants_is_forbidden_and_nothing_unexpected() {
    let world = World::start().await;
    let (stranger, other) = (with(request(), "group", json!(id(9))), with(request(), "type", json!("files")));
    for body in [&stranger, &other] {
        world.post("/restore-credentials", body).await.assert_problem(403);
    }
    let ledger = world.ledger().await;
    let statuses: Vec<_> =
        ledger["credentials"].as_array().unwrap().iter().map(|call| &call["status"]).collect();
    assert_eq!(statuses, [403, 403]);
    assert_eq!((&ledger["credentials"][0]["body"], &ledger["unexpected"]), (&stranger, &json!([])));
}

#[tokio::test]
async fn what_was_granted_is_forbidden_once_the_declaration_is_gone() {
    let world = World::start().await;
    assert_eq!(world.post("/restore-credentials", &request()).await.status, 200);
    world.canopy.control().replace_worklist::<()>(&[]).await.unwrap();
    world.post("/restore-credentials", &request()).await.assert_problem(403);
    world.canopy.control().put_entry(&entry(5, 6)).await.unwrap();
    assert_eq!(world.post("/restore-credentials", &request()).await.status, 200);
}

#[tokio::test]
async fn a_declaration_grants_even_while_its_intent_is_not_advertised() {
    let world = World::start().await;
    world.post("/restore-capabilities", &json!({"intents": []})).await;
    assert_eq!(world.post("/restore-credentials", &request()).await.status, 200);
}

#[tokio::test]
async fn a_run_may_be_named() {
    let world = World::start().await;
    let body = with(request(), "run_id", json!(id(7)));
    assert_eq!(world.post("/restore-credentials", &body).await.status, 200);
    assert_eq!(world.ledger().await["credentials"][0]["body"], body);
}

async fn with_sts(answer: ResponseTemplate) -> (World, MockServer) {
    let sts = MockServer::start().await;
    Mock::given(method("POST")).respond_with(answer).mount(&sts).await;
    let endpoint = sts.uri().parse().unwrap();
    let secret_key = SecretString::from("canary-key");
    let asker = StsConfig { endpoint, access_key: "ak".to_owned(), secret_key };
    let world = World::with(Config { sts: Some(asker), ..fixed() }).await;
    world.post("/restore-capabilities", &advertisement()).await;
    world.canopy.control().put_entry(&entry(1, 2)).await.unwrap();
    (world, sts)
}

#[tokio::test]
async fn real_credentials_are_a_session_confined_to_the_places_of_the_group_and_type() {
    let granted = "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>REAL</AccessKeyId>\
        <SecretAccessKey>S</SecretAccessKey><SessionToken>T</SessionToken></Credentials></AssumeRoleResult>\
        </AssumeRoleResponse>";
    let (world, sts) = with_sts(ResponseTemplate::new(200).set_body_string(granted)).await;
    let elsewhere = with(with(entry(3, 3), "group_id", json!(id(9))), "bucket", json!("elsewhere"));
    world.canopy.control().put_entry(&elsewhere).await.unwrap();
    let reply = world.post("/restore-credentials", &request()).await.json();
    assert_eq!(reply["credentials"]["AccessKeyId"], "REAL");
    assert_eq!(reply["credentials"]["Expiration"], "2026-01-02T03:04:25Z");
    let asked = sts.received_requests().await.unwrap().pop().unwrap().body;
    let policy = form_urlencoded::parse(&asked).find(|(name, _)| name == "Policy").unwrap().1.into_owned();
    assert!(policy.contains("arn:aws:s3:::backups/a/*") && !policy.contains("elsewhere"), "{policy}");
}

#[tokio::test]
async fn an_issuer_that_is_down_is_a_bad_gateway_that_names_the_reason_and_no_secret() {
    let (world, _sts) = with_sts(ResponseTemplate::new(503).set_body_string("canary")).await;
    let reply = world.post("/restore-credentials", &request()).await;
    reply.assert_problem(502);
    assert!(reply.text.contains("refused with 503") && !reply.text.contains("canary"), "{}", reply.text);
    let ledger = world.ledger().await;
    assert_eq!((&ledger["credentials"][0]["status"], &ledger["unexpected"]), (&json!(502), &json!([])));
}
