//! What the broker asks of the API server, as it stands on the wire.

use contract::{broker::TrafficStats, names::annotations};
use kube::{Client, Config};
use operator::broker::{KubeReviewer, KubeStatsSink, Reviewer, SinkError, StatsSink};
use serde_json::{Value, json};
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{body_partial_json, header, method, path},
};

async fn api_server() -> (MockServer, Client) {
    stub_canopy::use_ring();
    let server = MockServer::start().await;
    let client = Client::try_from(Config::new(server.uri().parse().unwrap())).unwrap();
    (server, client)
}

fn failure(code: u16) -> ResponseTemplate {
    let status = json!({ "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
        "message": "refused", "reason": if code == 404 { "NotFound" } else { "Forbidden" }, "code": code });
    ResponseTemplate::new(code).set_body_json(status)
}

#[tokio::test]
async fn a_token_is_reviewed_for_the_brokers_audience() {
    let (server, client) = api_server().await;
    let spec = json!({ "audiences": ["pgro-broker"], "token": "t" });
    let answer = json!({ "kind": "TokenReview", "apiVersion": "authentication.k8s.io/v1", "metadata": {},
        "spec": spec, "status": { "authenticated": true, "audiences": ["pgro-broker"], "user": {} } });
    Mock::given(method("POST"))
        .and(path("/apis/authentication.k8s.io/v1/tokenreviews"))
        .and(body_partial_json(json!({ "spec": spec })))
        .respond_with(ResponseTemplate::new(201).set_body_json(answer))
        .expect(1)
        .mount(&server)
        .await;
    let status = KubeReviewer::new(client).review(&"t".into()).await.unwrap();
    assert_eq!(status.authenticated, Some(true));
}

#[tokio::test]
async fn a_pod_or_namespace_that_is_gone_is_none_and_a_refusal_is_an_error() {
    let (server, client) = api_server().await;
    Mock::given(path("/api/v1/namespaces/replica-1/pods/gone"))
        .respond_with(failure(404))
        .mount(&server)
        .await;
    Mock::given(path("/api/v1/namespaces/replica-1")).respond_with(failure(403)).mount(&server).await;
    let (reviewer, namespace) = (KubeReviewer::new(client), "replica-1".parse().unwrap());
    assert_eq!(reviewer.pod(&namespace, "gone").await, Ok(None));
    let error = reviewer.namespace(&namespace).await.unwrap_err();
    assert!(error.to_string().starts_with("failed to look up a namespace"), "{error}");
}

#[tokio::test]
async fn figures_are_merged_into_an_annotation_of_the_job() {
    let (server, client) = api_server().await;
    let job = json!({ "kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": { "name": "restore-a" } });
    Mock::given(method("PATCH"))
        .and(path("/apis/batch/v1/namespaces/replica-1/jobs/restore-a"))
        .and(header("content-type", "application/merge-patch+json"))
        .respond_with(ResponseTemplate::new(200).set_body_json(job))
        .expect(1)
        .mount(&server)
        .await;
    let stats = TrafficStats { s3_sent_raw_bytes: 5, ..TrafficStats::default() };
    KubeStatsSink::new(client).keep(&"replica-1".parse().unwrap(), "restore-a", stats).await.unwrap();
    let requests = server.received_requests().await.unwrap();
    let body: Value = requests[0].body_json().unwrap();
    let text = body["metadata"]["annotations"][annotations::TRAFFIC].as_str().unwrap();
    assert_eq!(serde_json::from_str::<TrafficStats>(text).unwrap(), stats);
}

#[tokio::test]
async fn figures_of_a_job_that_is_gone_have_nowhere_to_go() {
    let (server, client) = api_server().await;
    Mock::given(method("PATCH")).respond_with(failure(404)).mount(&server).await;
    let sink = KubeStatsSink::new(client);
    let kept = sink.keep(&"replica-1".parse().unwrap(), "restore-a", TrafficStats::default()).await;
    assert_eq!(kept, Err(SinkError::NoJob { job: "replica-1/restore-a".to_owned() }));
}
