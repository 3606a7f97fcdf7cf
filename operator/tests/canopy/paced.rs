//! A Canopy in trouble is left alone, as long as it asks for, and found again.

use crate::clients::{credentials_request, direct, entry, report};
use axum::{Router, response::IntoResponse, routing::any};
use http::{StatusCode, header::RETRY_AFTER};
use operator::{
    canopy::{CanopyApi, CanopyError, HttpCanopy, PacedCanopy},
    metrics::Metrics,
};
use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering::SeqCst},
    },
    time::Duration,
};
use stub_canopy::{Config, Endpoint, Fault, FaultRule, StubCanopy};
use tokio::net::TcpListener;

fn paced((client, metrics): (HttpCanopy, Metrics)) -> PacedCanopy<HttpCanopy> {
    PacedCanopy::new(client, Duration::from_mins(1), || 0.0, metrics)
}

/// A server that says how long it wants to be left alone, and counts its visitors.
async fn busy(status: u16, retry_after: &'static str) -> (String, Arc<AtomicU32>) {
    let visits = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&visits);
    let answer = move || {
        counted.fetch_add(1, SeqCst);
        let status = StatusCode::from_u16(status).unwrap();
        std::future::ready((status, [(RETRY_AFTER, retry_after)]).into_response())
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, Router::new().fallback(any(answer))).await });
    (base, visits)
}

#[tokio::test]
async fn fault_c8_a_canopy_that_asks_for_a_pause_gets_it() {
    for (status, text, seconds) in [(429, "90", 90), (503, "86400", 300)] {
        let (base, visits) = busy(status, text).await;
        let client = paced(direct(&base));
        let asked = Duration::from_secs(seconds);
        let error = client.worklist().await.unwrap_err();
        assert!(matches!(error, CanopyError::Busy { retry_after, .. } if retry_after == asked), "{error}");
        let error = client.worklist().await.unwrap_err();
        assert!(
            matches!(error, CanopyError::Paused { wait, .. } if wait + Duration::from_secs(5) > asked),
            "{error}"
        );
        assert!(!error.is_final());
        assert_eq!(visits.load(SeqCst), 1);
    }
}

#[tokio::test]
async fn fault_b13_a_report_that_was_not_taken_waits_and_a_report_of_another_group_does_not() {
    let canopy = StubCanopy::start(Config::loopback()).await.unwrap();
    let client = paced(direct(canopy.base_url()));
    for n in [1, 2] {
        canopy.control().put_entry(&entry(n)).await.unwrap();
    }
    let fault = FaultRule::new(Endpoint::Verification, Fault::status(500)).times(1);
    canopy.control().inject(&fault).await.unwrap();
    assert!(matches!(client.report(&report(1)).await, Err(CanopyError::Upstream { .. })));
    assert!(matches!(client.report(&report(1)).await, Err(CanopyError::Paused { .. })));
    let other =
        contract::canopy::Verification { group: contract::ids::GroupId(uuid::Uuid::nil()), ..report(2) };
    assert!(!matches!(client.report(&other).await, Err(CanopyError::Paused { .. })));
    assert_eq!(canopy.control().ledger().await.unwrap().verifications.len(), 2);
}

#[tokio::test]
async fn fault_b1_a_canopy_that_is_down_is_not_asked_for_anything_until_the_pause_is_over() {
    let canopy = StubCanopy::start(Config::loopback()).await.unwrap();
    let (client, metrics) = direct(canopy.base_url());
    let client = paced((client, metrics.clone()));
    let line = |open| format!("pgro_circuit_breaker_open{{target=\"canopy\"}} {open}");
    assert!(metrics.encode().unwrap().contains(&line(0)));
    canopy.stop().await;
    assert!(matches!(client.worklist().await, Err(CanopyError::Unreachable { .. })));
    assert!(matches!(client.credentials(&credentials_request()).await, Err(CanopyError::Paused { .. })));
    assert!(matches!(client.report(&report(1)).await, Err(CanopyError::Paused { .. })));
    assert!(metrics.encode().unwrap().contains(&line(1)));
}

#[tokio::test]
async fn a_refusal_of_one_request_pauses_nothing() {
    let canopy = StubCanopy::start(Config::loopback()).await.unwrap();
    let client = paced(direct(canopy.base_url()));
    for _ in 0..2 {
        let error = client.report(&report(1)).await.unwrap_err();
        assert_eq!(error.refusal(), Some(403), "{error}");
    }
    assert_eq!(canopy.control().ledger().await.unwrap().verifications.len(), 2);
}
