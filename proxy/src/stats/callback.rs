//! Posts the figures once, at the end.
//!
//! Input: the figures, where to post them, how long that may take. Output: whether they arrived. Must not: be fatal,
//! or hold up a stopping pod.

use crate::{
    backoff::Backoff,
    post::{PostError, Poster},
};
use contract::broker::ProxyStats;
use http::StatusCode;
use std::time::Duration;
use url::Url;

const BACKOFF: Backoff = Backoff { first: Duration::from_millis(200), most: Duration::from_secs(2) };

/// Why the figures did not arrive.
#[derive(Debug, thiserror::Error)]
pub enum CallbackError {
    /// Not JSON, which cannot happen to numbers.
    #[error("failed to write the statistics: {0}")]
    Write(#[from] serde_json::Error),
    /// Refused for good.
    #[error("the operator at {url} answered {status} to the statistics: expected 204")]
    Refused {
        /// Where.
        url: Url,
        /// 4xx.
        status: StatusCode,
    },
    /// Out of time.
    #[error("failed to post the statistics to {url} within {} s", budget.as_secs_f32())]
    Deadline {
        /// Where.
        url: Url,
        /// How long it was tried.
        budget: Duration,
    },
}

/// Posts until they are taken, refused, or `budget` is over.
pub async fn post(
    poster: &Poster,
    url: &Url,
    figures: ProxyStats,
    budget: Duration,
    random: fn() -> f64,
) -> Result<(), CallbackError> {
    let json = serde_json::to_vec(&figures)?;
    let tries = until_answered(poster, url, &json, random);
    let deadline = |_| CallbackError::Deadline { url: url.clone(), budget };
    let status = tokio::time::timeout(budget, tries).await.map_err(deadline)?;
    if status.is_success() { Ok(()) } else { Err(CallbackError::Refused { url: url.clone(), status }) }
}

async fn until_answered(poster: &Poster, url: &Url, json: &[u8], random: fn() -> f64) -> StatusCode {
    let mut failures = 0;
    loop {
        match poster.post(url, json.to_vec()).await {
            Ok((status, _)) if !is_passing(status) => return status,
            answer => {
                failures += 1;
                tell(answer.map(|(status, _)| status), failures);
                tokio::time::sleep(BACKOFF.pause(failures, random())).await;
            }
        }
    }
}

fn is_passing(status: StatusCode) -> bool {
    status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS
}

fn tell(answer: Result<StatusCode, PostError>, failures: u32) {
    match answer {
        Ok(status) => tracing::warn!(%status, failures, "the operator did not take the statistics"),
        Err(error) => tracing::warn!(%error, failures, "failed to post the statistics"),
    }
}
