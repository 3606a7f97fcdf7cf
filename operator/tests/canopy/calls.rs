//! The four calls, as a strict Canopy takes them, and its refusals and faults.

use crate::clients::{credentials_request, direct, entry, report};
use contract::{canopy::Capabilities, ids::Intent, secret::ExposeSecret};
use operator::canopy::{CanopyApi, CanopyError, Heard, HttpCanopy};
use serde_json::json;
use stub_canopy::{Config, Endpoint, Fault, FaultRule, Handle, StubCanopy};

async fn canopy() -> (Handle, HttpCanopy) {
    let canopy = StubCanopy::start(Config::loopback()).await.unwrap();
    let (client, _) = direct(canopy.base_url());
    (canopy, client)
}

fn capabilities() -> Capabilities {
    Capabilities { intents: Intent::ALL.to_vec() }
}

#[tokio::test]
async fn a_strict_canopy_takes_all_four_calls() {
    let (canopy, client) = canopy().await;
    canopy.control().put_entry(&entry(1)).await.unwrap();
    client.register(&capabilities()).await.unwrap();
    let list = client.worklist().await.unwrap();
    assert_eq!((list.entries.len(), list.rejected.len()), (1, 0));
    let answer = client.credentials(&credentials_request()).await.unwrap();
    assert_eq!(answer.repo_password.expose_secret(), "stub-repo-password");
    client.report(&report(1)).await.unwrap();
    let ledger = canopy.control().ledger().await.unwrap();
    assert_eq!(ledger.capabilities[0].body, json!({"intents": ["verify", "analytics", "disaster-recovery"]}));
    assert_eq!(ledger.verifications[0].report().unwrap(), report(1));
    assert_eq!(ledger.unexpected, []);
}

#[tokio::test]
async fn an_answer_that_stays_the_same_is_read_once() {
    let (canopy, client) = canopy().await;
    canopy.control().put_entry(&entry(1)).await.unwrap();
    client.register(&capabilities()).await.unwrap();
    let Ok(Heard::Another(list, known)) = client.worklist_unless(None).await else {
        panic!("nothing is known")
    };
    assert_eq!((list.entries.len(), known.is_some()), (1, true));
    assert_eq!(client.worklist_unless(known).await, Ok(Heard::Same));
    canopy.control().put_entry(&entry(2)).await.unwrap();
    let Ok(Heard::Another(list, _)) = client.worklist_unless(known).await else {
        panic!("it is another one")
    };
    assert_eq!(list.entries.len(), 2);
}

#[tokio::test]
async fn a_refusal_carries_status_and_canopys_own_words() {
    let (canopy, client) = canopy().await;
    let denied = client.credentials(&credentials_request()).await.unwrap_err();
    assert!(
        matches!(&denied, CanopyError::Refused { status: 403, detail, .. } if !detail.is_empty()),
        "{denied}"
    );
    assert!(denied.is_final());
    assert_eq!(canopy.control().ledger().await.unwrap().credentials[0].status, 403);
}

#[tokio::test]
async fn fault_b13_a_report_about_a_declaration_that_is_gone_is_final() {
    let (canopy, client) = canopy().await;
    let gone = client.report(&report(1)).await.unwrap_err();
    assert_eq!((gone.refusal(), gone.is_final()), (Some(403), true));
    assert_eq!(canopy.control().ledger().await.unwrap().verifications.len(), 1);
}

#[tokio::test]
async fn fault_b13_a_report_that_canopy_could_not_take_is_not_final() {
    let (canopy, client) = canopy().await;
    canopy.control().put_entry(&entry(1)).await.unwrap();
    canopy
        .control()
        .inject(&FaultRule::new(Endpoint::Verification, Fault::status(500)).times(1))
        .await
        .unwrap();
    assert!(!client.report(&report(1)).await.unwrap_err().is_final());
    client.report(&report(1)).await.unwrap();
    assert_eq!(canopy.control().ledger().await.unwrap().verifications.len(), 2);
}

#[tokio::test]
async fn fault_b3_b4_a_broken_answer_is_worth_nothing_and_the_next_whole_one_everything() {
    let (canopy, client) = canopy().await;
    canopy.control().put_entry(&entry(1)).await.unwrap();
    client.register(&capabilities()).await.unwrap();
    for fault in [
        Fault::status(500),
        Fault::status(502),
        Fault::Truncate(50),
        Fault::Truncate(0),
        Fault::Body("<html>busy</html>".to_owned()),
        Fault::Body("[".to_owned()),
        Fault::close(),
    ] {
        canopy.control().inject(&FaultRule::new(Endpoint::Worklist, fault.clone()).times(1)).await.unwrap();
        let error = client.worklist().await.unwrap_err();
        assert!(!error.is_final(), "{fault:?}: {error}");
        assert_eq!(client.worklist().await.unwrap().entries.len(), 1, "after {fault:?}");
    }
}

#[tokio::test]
async fn fault_b1_a_canopy_that_is_down_is_unreachable_and_counted() {
    let canopy = StubCanopy::start(Config::loopback()).await.unwrap();
    let (client, metrics) = direct(canopy.base_url());
    client.worklist().await.unwrap();
    canopy.stop().await;
    let error = client.worklist().await.unwrap_err();
    assert!(matches!(error, CanopyError::Unreachable { .. }), "{error}");
    let text = metrics.encode().unwrap();
    for code in ["2xx", "unreachable"] {
        let line = format!("pgro_canopy_requests_total{{endpoint=\"worklist\",code=\"{code}\"}} 1");
        assert!(text.contains(&line), "{text}");
    }
}
