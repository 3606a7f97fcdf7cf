//! What a client may not do.

use crate::world::{World, advertisement, correct_calls, id, report, request, with};
use http::Method;
use serde_json::{Value, json};

async fn assert_refused(
    world: &World,
    method: Method,
    path: &str,
    version: Option<&str>,
    body: &str,
    status: u16,
) {
    let reply = world.try_send(method.clone(), path, version, body.to_owned()).await.unwrap();
    reply.assert_problem(status);
    let unexpected = world.take_unexpected();
    let [call] = unexpected.as_slice() else { panic!("{path}: {unexpected:?}") };
    assert_eq!((call.method.as_str(), call.path.as_str(), call.status), (method.as_str(), path, status));
    assert_eq!(reply.json()["detail"], call.why);
}

#[tokio::test]
async fn a_correct_client_is_served_at_the_root_and_under_public() {
    let world = World::start().await;
    for (method, path, body, status) in correct_calls() {
        assert_eq!(world.send(method.clone(), path, &body).await.status, status, "{path}");
        assert_eq!(
            world.send(method, &format!("/public{path}"), &body).await.status,
            status,
            "/public{path}"
        );
    }
    let ledger = world.canopy.control().ledger().await.unwrap();
    assert_eq!((ledger.capabilities.len(), ledger.worklist_polls), (2, 2));
    assert_eq!((ledger.credentials.len(), ledger.verifications.len()), (2, 2));
}

#[tokio::test]
async fn a_call_without_a_version_is_a_bad_request() {
    let world = World::start().await;
    for (method, path, body, _) in correct_calls() {
        for version in [None, Some("")] {
            for path in [path.to_owned(), format!("/public{path}")] {
                assert_refused(&world, method.clone(), &path, version, &body.to_string(), 400).await;
            }
        }
    }
    let ledger = world.ledger().await;
    assert_eq!((&ledger["worklist_polls"], &ledger["verifications"]), (&json!(0), &json!([])));
}

#[tokio::test]
async fn the_probe_alone_carries_no_version() {
    let world = World::start().await;
    let reply = world.try_send(Method::GET, "/public/servers", None, String::new()).await.unwrap();
    assert_eq!(reply.status, 200);
    assert_refused(&world, Method::GET, "/servers", None, "", 404).await;
}

#[tokio::test]
async fn an_unknown_path_is_not_found_whatever_it_carries() {
    let world = World::start().await;
    for path in
        ["/", "/restore-worklists", "/restore-worklist/", "/public", "/public/x", "/_control/x", "/_control"]
    {
        assert_refused(&world, Method::GET, path, Some("1"), "", 404).await;
        assert_refused(&world, Method::POST, path, None, "{}", 404).await;
    }
}

#[tokio::test]
async fn a_method_the_path_does_not_take_is_refused() {
    let world = World::start().await;
    for (method, path, ..) in correct_calls() {
        let other = if method == Method::GET { Method::POST } else { Method::GET };
        assert_refused(&world, other, path, Some("1"), "", 405).await;
        assert_refused(&world, Method::DELETE, &format!("/public{path}"), Some("1"), "", 405).await;
    }
    assert_refused(&world, Method::POST, "/public/servers", None, "", 405).await;
}

fn lacking_or_mistyped(base: &Value, required: &[(&str, Value)]) -> Vec<Value> {
    let wrong = required.iter().map(|(field, wrong)| with(base.clone(), field, wrong.clone()));
    let lacking = required.iter().map(|(field, _)| with(base.clone(), field, Value::Null));
    wrong.chain(lacking).chain([json!([]), json!("x"), Value::Null]).collect()
}

async fn assert_unprocessable(path: &str, bodies: Vec<Value>) {
    let world = World::start().await;
    for body in bodies.into_iter().map(|body| body.to_string()).chain([String::new(), "{".to_owned()]) {
        assert_refused(&world, Method::POST, path, Some("1"), &body, 422).await;
    }
    let ledger = world.ledger().await;
    for kind in ["capabilities", "credentials", "verifications"] {
        assert_eq!(ledger[kind], json!([]), "a wrong body stands under unexpected alone");
    }
}

#[tokio::test]
async fn a_wrong_advertisement_is_unprocessable() {
    let mut wrong = lacking_or_mistyped(&advertisement(), &[("intents", json!("verify"))]);
    wrong.push(json!({"intents": ["teleport"]}));
    assert_unprocessable("/restore-capabilities", wrong).await;
}

#[tokio::test]
async fn a_wrong_request_for_credentials_is_unprocessable() {
    let mut wrong = lacking_or_mistyped(&request(), &[("group", json!("everyone")), ("type", json!(7))]);
    wrong.push(with(request(), "run_id", json!("first")));
    assert_unprocessable("/public/restore-credentials", wrong).await;
}

#[tokio::test]
async fn a_report_that_lacks_a_required_field_or_has_a_wrong_type_is_unprocessable() {
    let required = [
        ("group", json!(7)),
        ("server_id", json!("x")),
        ("type", json!(false)),
        ("intent", json!("teleport")),
        ("outcome", json!("maybe")),
        ("replica_healthy", json!("yes")),
        ("observed_at", json!("yesterday")),
    ];
    assert_unprocessable("/restore-verification", lacking_or_mistyped(&report(), &required)).await;
}

#[tokio::test]
async fn an_optional_field_of_a_report_that_has_a_wrong_type_is_unprocessable() {
    let optional = [
        ("replica_id", json!("x")),
        ("run_id", json!(1)),
        ("snapshot_id", json!(1)),
        ("error", json!({})),
        ("postgres_version", json!(17)),
        ("s3_sent_raw_bytes", json!(-1)),
        ("s3_received_payload_bytes", json!("many")),
    ];
    let wrong = optional.into_iter().map(|(field, wrong)| with(report(), field, wrong)).collect();
    assert_unprocessable("/restore-verification", wrong).await;
}

#[tokio::test]
async fn unknown_fields_do_no_harm() {
    let world = World::start().await;
    for (method, path, body, status) in correct_calls().into_iter().filter(|call| call.0 == Method::POST) {
        let newer = with(body, "invented_tomorrow", json!({"a": [1]}));
        assert_eq!(world.send(method, path, &newer).await.status, status, "{path}");
    }
    world.ledger().await;
}

#[tokio::test]
async fn every_field_a_report_may_have_is_taken() {
    let world = World::start().await;
    let full = [
        ("run_id", json!(id(7))),
        ("snapshot_id", json!("any text")),
        ("error", json!("x".repeat(5000))),
        ("postgres_version", json!("17.4")),
        ("s3_sent_raw_bytes", json!(1)),
        ("s3_sent_payload_bytes", json!(2)),
        ("s3_received_raw_bytes", json!(3)),
        ("s3_received_payload_bytes", json!(u32::MAX)),
        ("health_details", json!({"any": ["JSON"]})),
    ];
    let body = full.into_iter().fold(report(), |body, (field, value)| with(body, field, value));
    assert_eq!(world.post("/restore-verification", &body).await.status, 204);
    assert_eq!(world.ledger().await["verifications"][0]["body"], body);
}

#[tokio::test]
async fn fault_b15_a_body_over_a_megabyte_or_of_endless_depth_is_refused() {
    let world = World::start().await;
    let large = with(report(), "error", json!("x".repeat(1 << 20))).to_string();
    assert_refused(&world, Method::POST, "/restore-verification", Some("1"), &large, 413).await;
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    assert_refused(&world, Method::POST, "/restore-verification", Some("1"), &deep, 422).await;
}

#[tokio::test]
async fn a_head_of_the_worklist_is_no_poll() {
    let world = World::start().await;
    assert_eq!(
        world.try_send(Method::HEAD, "/restore-worklist", Some("1"), String::new()).await.unwrap().status,
        405
    );
    assert_eq!(world.take_unexpected().len(), 1);
    assert_eq!(world.ledger().await["worklist_polls"], 0);
}
