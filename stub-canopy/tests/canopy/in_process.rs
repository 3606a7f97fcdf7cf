//! The stub without sockets: the same routes, the same ledger, the same faults.

use crate::world::{advertisement, entry, report, with};
use axum::body::Body;
use contract::canopy::{VERSION_HEADER, paths};
use http::{Request, Response, StatusCode};
use serde_json::{Value, json};
use stub_canopy::{Config, Endpoint, Fault, FaultRule, HungUp, InProcess};

async fn call(
    stub: &InProcess,
    request: http::request::Builder,
    body: &Value,
) -> Result<Response<Body>, HungUp> {
    let request = request.header(VERSION_HEADER, "1").header("content-type", "application/json");
    stub.call(request.body(Body::from(body.to_string())).unwrap()).await
}

async fn text(response: Response<Body>) -> String {
    let body = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
    String::from_utf8(body.to_vec()).unwrap()
}

fn stub() -> InProcess {
    let stub = InProcess::new(Config::loopback()).unwrap();
    stub.replace_worklist(vec![serde_json::from_str(&entry(1, 2).to_string()).unwrap()]);
    stub
}

#[tokio::test]
async fn a_worklist_is_dispatched_to_whom_has_advertised_as_over_a_socket() {
    let stub = stub();
    let list = || Request::get(paths::WORKLIST);
    assert_eq!(text(call(&stub, list(), &Value::Null).await.unwrap()).await, "[]");
    call(&stub, Request::post(paths::CAPABILITIES), &advertisement()).await.unwrap();
    let listed = text(call(&stub, list(), &Value::Null).await.unwrap()).await;
    assert_eq!(serde_json::from_str::<Value>(&listed).unwrap(), json!([entry(1, 2)]));
}

#[tokio::test]
async fn a_connection_that_a_fault_closes_gives_no_answer_and_the_next_one_does() {
    let stub = stub();
    stub.inject(FaultRule::new(Endpoint::Worklist, Fault::close()).times(1));
    stub.inject(FaultRule::new(Endpoint::Worklist, Fault::status(503)));
    let list = || Request::get(paths::WORKLIST);
    assert_eq!(call(&stub, list(), &Value::Null).await.unwrap_err(), HungUp);
    assert_eq!(call(&stub, list(), &Value::Null).await.unwrap().status(), StatusCode::SERVICE_UNAVAILABLE);
    stub.clear_faults();
    assert_eq!(call(&stub, list(), &Value::Null).await.unwrap().status(), StatusCode::OK);
}

#[tokio::test]
async fn reports_are_read_from_where_the_last_reading_ended_and_mistakes_are_told_once() {
    let stub = stub();
    for error in ["one", "two"] {
        let told = with(report(), "error", json!(error));
        call(&stub, Request::post(paths::VERIFICATION), &told).await.unwrap();
    }
    let errors = |seen| {
        let calls = stub.verifications_after(seen).into_iter();
        calls.map(|call| call.report().unwrap().error.unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(
        (errors(0), errors(1), errors(3)),
        (vec!["one".into(), "two".into()], vec!["two".into()], vec![])
    );
    call(&stub, Request::post("/nowhere"), &json!({})).await.unwrap();
    assert_eq!((stub.take_unexpected().len(), stub.take_unexpected().len()), (1, 0));
}
