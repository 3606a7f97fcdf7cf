//! Calls that something else than the network carries.

use crate::clients::{entry, report};
use futures::future::{BoxFuture, pending};
use operator::{
    canopy::{CanopyApi, CanopyError, Carried, Carrier, HttpCanopy},
    clock::SystemClock,
    metrics::Metrics,
};
use serde_json::json;
use std::{sync::Arc, time::Duration};
use stub_canopy::use_ring;
use tokio::time::Instant;

/// Answers every worklist, and nothing else ever.
struct OneWay;

impl Carrier for OneWay {
    fn carry(&self, request: reqwest::Request) -> BoxFuture<'_, Carried> {
        assert!(request.headers().contains_key("x-version"));
        if request.url().path() != "/restore-worklist" {
            return Box::pin(pending());
        }
        let answer = http::Response::builder().header("content-type", "application/json");
        let answer = answer.body(json!([entry(1)]).to_string()).unwrap();
        Box::pin(std::future::ready(Ok(answer.into())))
    }
}

fn canopy() -> HttpCanopy {
    use_ring();
    let base_url = "http://canopy.example".parse().unwrap();
    HttpCanopy::over(Arc::new(OneWay), base_url, Arc::new(SystemClock), Metrics::default())
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_carried_is_read_as_one_from_the_network() {
    assert_eq!(canopy().worklist().await.unwrap().entries.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_not_carried_within_the_deadline_of_calls_is_none() {
    let begun = Instant::now();
    let error = canopy().report(&report(1)).await.unwrap_err();
    assert!(matches!(error, CanopyError::Unreachable { .. }), "{error}");
    assert_eq!(begun.elapsed(), Duration::from_secs(30));
}
