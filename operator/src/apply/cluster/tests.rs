use super::{Cluster, ClusterError};
use crate::{
    apply::Applied,
    args::LeaseTimes,
    lead::Term,
    model::{Owner, Record},
    observe::Index,
};
use contract::names::{NamespaceName, RunName, labels};
use http::{Method, Request, Response};
use http_body_util::BodyExt;
use k8s_openapi::api::core::v1::ServiceAccount;
use kube::{Client, client::Body};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::time::Instant;

const HOME: &str = "pgro-system";

type Calls = Arc<Mutex<Vec<(Method, String, Value)>>>;

/// An API server that answers from a table of `METHOD path` and remembers what it was asked.
fn cluster(answers: &[(&str, u16, Value)]) -> (Cluster, Calls) {
    let answers: BTreeMap<String, (u16, Value)> =
        answers.iter().map(|(call, status, body)| ((*call).to_owned(), (*status, body.clone()))).collect();
    let calls = Calls::default();
    let seen = Arc::clone(&calls);
    let service = tower::service_fn(move |request: Request<Body>| {
        let (answers, seen) = (answers.clone(), Arc::clone(&seen));
        async move {
            let (method, path) = (request.method().clone(), request.uri().path().to_owned());
            let bytes = request.into_body().collect().await?.to_bytes();
            let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
            let nothing = (404, status(404, "NotFound"));
            let (code, answer) = answers.get(&format!("{method} {path}")).cloned().unwrap_or(nothing);
            seen.lock().unwrap().push((method, path, body));
            Ok::<_, kube::Error>(
                Response::builder().status(code).body(Body::from(answer.to_string().into_bytes())).unwrap(),
            )
        }
    });
    (
        Cluster::new(
            Client::new(service, "default"),
            HOME.parse().unwrap(),
            Index::default(),
            Term::without_rival(),
        ),
        calls,
    )
}

fn status(code: u16, reason: &str) -> Value {
    json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code, "reason": reason, "message": ""})
}

fn namespace() -> NamespaceName {
    "clinic-a-12345678".parse().unwrap()
}

fn owner() -> Owner {
    Owner { uid: "u1".into(), resource_version: "7".into() }
}

/// The namespace of that UID and version.
fn as_read() -> Value {
    json!({"metadata": {"name": namespace().as_str(), "uid": "u1", "resourceVersion": "7"}})
}

fn account(declaration: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {
        "name": "restore", "namespace": namespace().as_str(), "uid": "u2", "labels": {
            labels::MANAGED_BY: labels::MANAGED_BY_VALUE, labels::OWNER: HOME,
            labels::DECLARATION_ID: declaration, labels::SERVER: "s",
        },
    }, "automountServiceAccountToken": false})
}

fn meant() -> ServiceAccount {
    serde_json::from_value(account("d")).unwrap()
}

const ACCOUNTS: &str = "/api/v1/namespaces/clinic-a-12345678/serviceaccounts";
const ACCOUNT: &str = "/api/v1/namespaces/clinic-a-12345678/serviceaccounts/restore";
const NAMESPACE: &str = "/api/v1/namespaces/clinic-a-12345678";

#[tokio::test]
async fn fault_a15_a_record_is_written_only_over_the_very_object_that_was_read() {
    let (cluster, calls) =
        cluster(&[(&format!("PATCH {NAMESPACE}"), 200, json!({"metadata": {"name": "x"}}))]);
    let written = cluster.write_record(&namespace(), &owner(), &Record::default()).await.unwrap();
    assert_eq!(written, Applied::Done);
    let calls = calls.lock().unwrap();
    assert_eq!(calls[0].2["metadata"]["resourceVersion"], "7");
    assert_eq!(calls[0].2["metadata"]["uid"], "u1");
}

#[tokio::test]
async fn fault_a8_a_conflict_is_no_error_but_a_reason_to_look_again() {
    for code in [409, 404] {
        let answer = status(code, if code == 409 { "Conflict" } else { "NotFound" });
        let (cluster, _) = cluster(&[
            (&format!("PATCH {NAMESPACE}"), code, answer.clone()),
            (&format!("DELETE {NAMESPACE}"), code, answer),
        ]);
        let written = cluster.write_record(&namespace(), &owner(), &Record::default()).await.unwrap();
        let deleted = cluster.delete_namespace(&namespace(), &owner()).await.unwrap();
        assert_eq!((written, deleted), (Applied::Stale, Applied::Stale));
    }
}

#[tokio::test]
async fn fault_a4_a_namespace_is_deleted_with_both_preconditions() {
    let (cluster, calls) = cluster(&[(&format!("DELETE {NAMESPACE}"), 200, status(200, ""))]);
    cluster.delete_namespace(&namespace(), &owner()).await.unwrap();
    let preconditions = calls.lock().unwrap()[0].2["preconditions"].clone();
    assert_eq!(preconditions, json!({"uid": "u1", "resourceVersion": "7"}));
}

#[tokio::test]
async fn fault_a2_what_was_created_before_is_found_and_gone_on_with() {
    let (cluster, calls) = cluster(&[
        (&format!("POST {ACCOUNTS}"), 409, status(409, "AlreadyExists")),
        (&format!("GET {ACCOUNT}"), 200, account("d")),
    ]);
    cluster.create(&meant()).await.unwrap();
    assert_eq!(calls.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn fault_a18_a_foreign_object_of_our_name_is_never_adopted() {
    let mut foreign = account("d");
    foreign["metadata"]["labels"] = json!({});
    for found in [foreign, account("another declaration")] {
        let (cluster, _) = cluster(&[
            (&format!("POST {ACCOUNTS}"), 409, status(409, "AlreadyExists")),
            (&format!("GET {ACCOUNT}"), 200, found),
        ]);
        let error = cluster.create(&meant()).await.unwrap_err();
        assert!(matches!(error, ClusterError::Foreign { .. }), "{error}");
    }
}

#[tokio::test]
async fn what_another_installation_owns_is_never_adopted_and_the_error_names_it() {
    let mut theirs = account("d");
    theirs["metadata"]["labels"][labels::OWNER] = json!("pgro-staging");
    let (cluster, _) = cluster(&[
        (&format!("POST {ACCOUNTS}"), 409, status(409, "AlreadyExists")),
        (&format!("GET {ACCOUNT}"), 200, theirs),
    ]);
    let error = cluster.create(&meant()).await.unwrap_err();
    assert!(matches!(error, ClusterError::Foreign { .. }));
    assert!(error.to_string().contains("belongs to the pgro in namespace pgro-staging"), "{error}");
}

#[tokio::test]
async fn removing_a_run_deletes_what_is_of_that_run_and_nothing_else() {
    let run = RunName::of("s", 1);
    let job = format!("/apis/batch/v1/namespaces/{}/jobs/{}", namespace(), run.job());
    let claim = format!("{NAMESPACE}/persistentvolumeclaims/{}", run.pvc());
    let secret = format!("{NAMESPACE}/secrets/{}", run.repository_secret());
    let object = |name: String, owner: &str, of: &str| {
        json!({"metadata": {"name": name, "namespace": namespace().as_str(), "uid": "u3", "labels": {
            labels::MANAGED_BY: labels::MANAGED_BY_VALUE, labels::OWNER: owner, labels::RUN: of}}})
    };
    let (cluster, calls) = cluster(&[
        (&format!("GET {NAMESPACE}"), 200, as_read()),
        (&format!("GET {job}"), 200, object(run.job(), HOME, run.as_str())),
        (&format!("DELETE {job}"), 200, status(200, "")),
        (&format!("GET {secret}"), 200, object(run.repository_secret(), "elsewhere", run.as_str())),
        (&format!("GET {claim}"), 200, object(run.pvc(), HOME, "0000000000")),
    ]);
    assert_eq!(cluster.remove_run(&namespace(), &owner(), &run).await.unwrap(), Applied::Done);
    let calls = calls.lock().unwrap();
    let deleted: Vec<_> = calls.iter().filter(|call| call.0 == Method::DELETE).collect();
    assert_eq!(deleted.len(), 1);
    assert_eq!(deleted[0].1, job);
    assert_eq!(deleted[0].2["preconditions"]["uid"], "u3");
    assert_eq!(deleted[0].2["propagationPolicy"], "Background");
}

/// What is at `ACCOUNT`, at version 5: not quite what is meant.
fn existing() -> Value {
    let mut found = account("d");
    found["automountServiceAccountToken"] = json!(true);
    found["metadata"]["resourceVersion"] = json!("5");
    found
}

#[tokio::test]
async fn fault_a15_what_changes_in_place_is_meant_for_the_version_that_was_read() {
    let (cluster, calls) = cluster(&[
        (&format!("GET {ACCOUNT}"), 200, existing()),
        (&format!("PATCH {ACCOUNT}"), 200, existing()),
    ]);
    cluster.apply(&meant()).await.unwrap();
    let sent = calls.lock().unwrap()[1].2["metadata"].clone();
    assert_eq!((&sent["uid"], &sent["resourceVersion"]), (&json!("u2"), &json!("5")));
}

#[tokio::test]
async fn fault_a8_what_says_already_what_is_meant_is_left_alone() {
    let mut found = existing();
    found["automountServiceAccountToken"] = json!(false);
    found["metadata"]["labels"]["somebody"] = json!("else");
    let (cluster, calls) = cluster(&[(&format!("GET {ACCOUNT}"), 200, found)]);
    cluster.apply(&meant()).await.unwrap();
    assert_eq!(calls.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn fault_a15_a_write_that_was_overtaken_changes_nothing_and_is_decided_anew() {
    let overtaken = [
        (("GET", 200, existing()), ("PATCH", ACCOUNT, 409, status(409, "Conflict"))),
        (("GET", 200, existing()), ("PATCH", ACCOUNT, 404, status(404, "NotFound"))),
        (("GET", 404, status(404, "NotFound")), ("POST", ACCOUNTS, 409, status(409, "AlreadyExists"))),
    ];
    for ((get, read, found), (verb, path, code, answer)) in overtaken {
        let (cluster, calls) =
            cluster(&[(&format!("{get} {ACCOUNT}"), read, found), (&format!("{verb} {path}"), code, answer)]);
        let error = cluster.apply(&meant()).await.unwrap_err();
        assert!(matches!(error, ClusterError::Stale { .. }), "{verb} {code}: {error}");
        assert_eq!(calls.lock().unwrap().len(), 2, "it is not tried again on what is there now");
    }
}

#[tokio::test]
async fn fault_a18_a_foreign_object_is_not_applied_over() {
    let mut foreign = existing();
    foreign["metadata"]["labels"][labels::OWNER] = json!("another-home");
    let (cluster, calls) = cluster(&[(&format!("GET {ACCOUNT}"), 200, foreign)]);
    let error = cluster.apply(&meant()).await.unwrap_err();
    assert!(matches!(error, ClusterError::Foreign { .. }), "{error}");
    assert_eq!(calls.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn fault_a14_once_the_term_is_over_nothing_is_sent() {
    let (mut cluster, calls) = cluster(&[(&format!("GET {ACCOUNT}"), 200, existing())]);
    let (second, renew) = (Duration::from_secs(1), Duration::from_secs(2));
    let times = LeaseTimes { duration: 2 * renew, renew, retry: second };
    cluster.term = Term::won(Instant::now().checked_sub(renew).unwrap(), times);
    assert!(matches!(cluster.create(&meant()).await, Err(ClusterError::Late { .. })));
    assert!(matches!(cluster.apply(&meant()).await, Err(ClusterError::Late { .. })));
    assert!(cluster.write_record(&namespace(), &owner(), &Record::default()).await.is_err());
    assert!(cluster.delete_namespace(&namespace(), &owner()).await.is_err());
    let calls = calls.lock().unwrap();
    assert!(calls.iter().all(|call| call.0 == Method::GET), "{calls:?}");
}

#[tokio::test]
async fn an_error_says_what_was_attempted_on_what() {
    let (cluster, _) = cluster(&[(&format!("POST {ACCOUNTS}"), 403, status(403, "Forbidden"))]);
    let error = cluster.create(&meant()).await.unwrap_err();
    assert_eq!(error.to_string(), "failed to create ServiceAccount clinic-a-12345678/restore");
}
