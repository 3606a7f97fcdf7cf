//! Faults on order, as a client meets them.

use crate::world::{ENDPOINTS, GROUP, World, correct_calls, entry, group, id, report, request, with};
use http::Method;
use serde_json::{Value, json};
use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    time::{Duration, Instant},
};
use stub_canopy::{Endpoint, Fault, FaultRule};

/// The status each kind of call has in the ledger, if it stands there.
fn recorded(ledger: &Value, endpoint: &str) -> Vec<Value> {
    let calls = |kind: &str| ledger[kind].as_array().unwrap().clone();
    match endpoint {
        "capabilities" => calls("capabilities").iter().map(|call| call["status"].clone()).collect(),
        "worklist" => vec![Value::Null; usize::try_from(ledger["worklist_polls"].as_u64().unwrap()).unwrap()],
        "credentials" => calls("credentials").iter().map(|call| call["status"].clone()).collect(),
        _ => calls("verifications").iter().map(|call| call["status"].clone()).collect(),
    }
}

/// What the ledger shows of one call that got this status: the two kinds without a status show that it came.
fn once(endpoint: &str, status: u16) -> Vec<Value> {
    if matches!(endpoint, "credentials" | "verification") { vec![json!(status)] } else { vec![Value::Null] }
}

#[tokio::test]
async fn a_status_is_a_problem_document_on_every_endpoint_and_stands_in_the_ledger() {
    for (endpoint, (method, path, body, fine)) in ENDPOINTS.into_iter().zip(correct_calls()) {
        let world = World::start().await;
        world.order_fault(json!({"endpoint": endpoint, "times": 1, "fault": {"status": 503}})).await;
        world.send(method.clone(), path, &body).await.assert_problem(503);
        let ledger = world.ledger().await;
        assert_eq!(recorded(&ledger, endpoint), once(endpoint, 503));
        assert_eq!(ledger["unexpected"], json!([]), "a fault is no mistake of the client");
        assert_eq!(world.send(method, path, &body).await.status, fine, "{endpoint} recovers");
        world.ledger().await;
    }
}

#[tokio::test]
async fn a_fault_is_met_under_public_as_at_the_root() {
    let world = World::start().await;
    world.order_fault(json!({"endpoint": "worklist", "times": 1, "fault": {"status": 502}})).await;
    world.get("/public/restore-worklist").await.assert_problem(502);
    assert_eq!(world.get("/restore-worklist").await.status, 200);
}

#[tokio::test]
async fn a_call_that_got_a_status_had_no_effect() {
    let world = World::start().await;
    world.order_fault(json!({"endpoint": "capabilities", "times": 1, "fault": {"status": 500}})).await;
    world.post("/restore-capabilities", &json!({"intents": []})).await.assert_problem(500);
    assert_eq!(world.get("/restore-worklist").await.json().as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_fault_without_a_number_lasts_until_all_are_ended() {
    let world = World::start().await;
    world
        .order_fault(json!({"endpoint": "worklist", "group": null, "times": null, "fault": {"status": 500}}))
        .await;
    for _ in 0..5 {
        assert_eq!(world.get("/restore-worklist").await.status, 500);
    }
    assert_eq!(world.script(Method::DELETE, "/faults", "").await.status, 204);
    assert_eq!(world.get("/restore-worklist").await.status, 200);
    assert_eq!(world.ledger().await["worklist_polls"], 6);
}

#[tokio::test]
async fn a_fault_of_one_group_leaves_the_others_alone() {
    let world = World::start().await;
    let other = with(entry(5, 6), "group_id", json!(id(GROUP + 1)));
    world.canopy.control().put_entry(&other).await.unwrap();
    let rule = FaultRule::new(Endpoint::Credentials, Fault::status(409)).group(group(GROUP)).times(1);
    world.canopy.control().inject(&rule).await.unwrap();
    let theirs = with(request(), "group", json!(id(GROUP + 1)));
    assert_eq!(world.post("/restore-credentials", &theirs).await.status, 200);
    world.post("/restore-credentials", &request()).await.assert_problem(409);
    assert_eq!(world.post("/restore-credentials", &request()).await.status, 200);
}

#[tokio::test]
async fn a_wrong_call_uses_no_fault_up() {
    let world = World::start().await;
    world.order_fault(json!({"endpoint": "verification", "times": 1, "fault": {"status": 503}})).await;
    world.post("/restore-verification", &json!({})).await.assert_problem(422);
    world.post("/restore-verification", &report()).await.assert_problem(503);
    assert_eq!(world.take_unexpected().len(), 1);
    world.ledger().await;
}

#[tokio::test]
async fn fault_b3_a_body_takes_the_place_of_the_answer_verbatim() {
    for (endpoint, (method, path, body, _)) in ENDPOINTS.into_iter().zip(correct_calls()) {
        let world = World::start().await;
        world.order_fault(json!({"endpoint": endpoint, "times": 1, "fault": {"body": "<html> ü"}})).await;
        let reply = world.send(method, path, &body).await;
        assert_eq!((reply.status, reply.text.as_str()), (200, "<html> ü"));
        assert_eq!(recorded(&world.ledger().await, endpoint), once(endpoint, 200));
    }
}

#[tokio::test]
async fn a_late_answer_is_the_right_one_and_the_call_had_its_effect_at_once() {
    let world = World::start().await;
    world.order_fault(json!({"endpoint": "verification", "times": 1, "fault": {"delay_ms": 300}})).await;
    let began = Instant::now();
    assert_eq!(world.post("/restore-verification", &report()).await.status, 204);
    assert!(began.elapsed() >= Duration::from_millis(300));
    assert_eq!(recorded(&world.ledger().await, "verification"), [204]);
}

#[tokio::test]
async fn fault_b13_a_report_whose_client_gave_up_waiting_was_accepted() {
    let world = World::start().await;
    world.order_fault(json!({"endpoint": "verification", "times": 1, "fault": {"delay_ms": 600_000}})).await;
    let request = raw("POST", "/restore-verification", &report().to_string());
    let mut connection = connect(&world);
    connection.write_all(request.as_bytes()).unwrap();
    tokio::time::timeout(Duration::from_secs(10), async {
        while world.ledger().await["verifications"] == json!([]) {
            tokio::task::yield_now().await;
        }
    })
    .await
    .expect("the report stands in the ledger while its client still waits");
    drop(connection);
    assert_eq!(recorded(&world.ledger().await, "verification"), [204]);
}

fn raw(method: &str, path: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "{method} {path} HTTP/1.1\r\nhost: canopy\r\nx-version: 1\r\ncontent-length: {length}\r\n\r\n{body}"
    )
}

fn connect(world: &World) -> TcpStream {
    let connection = TcpStream::connect(world.base_url().socket_addrs(|| None).unwrap()[0]).unwrap();
    connection.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    connection
}

/// Every byte of the connection, until the server closes it.
async fn all_bytes(world: &World, method: &Method, path: &str, body: &Value) -> String {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let request = raw(method.as_str(), path, &body);
    let mut connection = connect(world);
    let received = tokio::task::spawn_blocking(move || {
        connection.write_all(request.as_bytes()).unwrap();
        let mut received = String::new();
        match connection.read_to_string(&mut received) {
            Ok(_) => received,
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => received,
            Err(error) => panic!("the connection was not closed: {error}"),
        }
    });
    received.await.unwrap()
}

#[tokio::test]
async fn a_closed_connection_carries_no_answer_and_the_call_stands_in_the_ledger_with_status_0() {
    for (endpoint, (method, path, body, _)) in ENDPOINTS.into_iter().zip(correct_calls()) {
        let world = World::start().await;
        world.order_fault(json!({"endpoint": endpoint, "times": 1, "fault": {"close": true}})).await;
        assert_eq!(all_bytes(&world, &method, path, &body).await, "", "{endpoint}");
        assert_eq!(recorded(&world.ledger().await, endpoint), once(endpoint, 0));
    }
}

#[tokio::test]
async fn fault_b4_a_cut_answer_announces_more_than_it_brings_and_the_connection_closes() {
    let world = World::start().await;
    let whole = world.get("/restore-worklist").await.text;
    for keep in [0, 1, 100, whole.len() - 1, whole.len(), whole.len() + 5] {
        world.order_fault(json!({"endpoint": "worklist", "times": 1, "fault": {"truncate": keep}})).await;
        let received = all_bytes(&world, &Method::GET, "/restore-worklist", &Value::Null).await;
        let (head, body) = received.split_once("\r\n\r\n").unwrap();
        assert_eq!(body, &whole[..keep.min(whole.len())], "{keep}");
        let announced: usize =
            head.split_once("content-length: ").unwrap().1.lines().next().unwrap().parse().unwrap();
        assert!(head.starts_with("HTTP/1.1 200") && announced > body.len(), "{keep}: {head}");
    }
}

#[tokio::test]
async fn a_client_cannot_take_a_cut_answer_for_a_whole_one() {
    for (endpoint, (method, path, body, fine)) in ENDPOINTS.into_iter().zip(correct_calls()) {
        let world = World::start().await;
        world.order_fault(json!({"endpoint": endpoint, "times": 1, "fault": {"truncate": 1_000_000}})).await;
        let body = if body.is_null() { String::new() } else { body.to_string() };
        assert!(world.try_send(method, path, Some("1"), body).await.is_err(), "{endpoint}");
        let seen = if fine == 204 { 200 } else { fine };
        assert_eq!(recorded(&world.ledger().await, endpoint), once(endpoint, seen));
    }
}

#[tokio::test]
async fn a_call_whose_answer_is_cut_had_its_effect() {
    let world = World::start().await;
    world.order_fault(json!({"endpoint": "capabilities", "times": 1, "fault": {"truncate": 0}})).await;
    let body = json!({"intents": []}).to_string();
    let cut = world.try_send(Method::POST, "/restore-capabilities", Some("1"), body).await;
    assert!(cut.is_err());
    assert_eq!(world.get("/restore-worklist").await.text, "[]");
}

#[tokio::test]
async fn a_closed_call_had_no_effect() {
    let world = World::start().await;
    world.order_fault(json!({"endpoint": "capabilities", "times": 1, "fault": {"close": true}})).await;
    let body = json!({"intents": []}).to_string();
    assert!(world.try_send(Method::POST, "/restore-capabilities", Some("1"), body).await.is_err());
    assert_eq!(world.get("/restore-worklist").await.json().as_array().unwrap().len(), 1);
}
