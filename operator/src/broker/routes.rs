//! The endpoints over HTTP.

use super::{Broker, Denied, answer::Failure, authorise, authorise_stats, progress::Shown};
use crate::serve::Peer;
use axum::{
    Extension, Json, Router,
    body::Bytes,
    extract::{DefaultBodyLimit, Path, State},
    response::{IntoResponse, Response},
    routing::post,
};
use contract::{
    broker::{BrokerAnswer, CREDENTIALS_PATH, ProxyStats, RestoreProgress, progress_path, stats_path},
    canopy::Credentials,
};
use http::{HeaderMap, HeaderValue, StatusCode, header::CACHE_CONTROL};
use serde::de::DeserializeOwned;
use std::{future::Future, sync::Arc, time::Duration};
use tokio::time::{Instant, timeout};

/// Longest body; both are a few hundred bytes.
const MAX_BODY_BYTES: usize = 4 * 1024;
/// Longest request: a call to Canopy (30 s) after a search for a way to it, and the API server's part.
const DEADLINE: Duration = Duration::from_secs(50);

/// Everything the broker port serves.
pub fn router(broker: Arc<Broker>) -> Router {
    let credentials = Router::new().route(CREDENTIALS_PATH, post(give_credentials));
    credentials
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .with_state(Arc::clone(&broker))
        .merge(stats_router(broker))
}

/// The callbacks alone, for the metrics port.
pub fn stats_router(broker: Arc<Broker>) -> Router {
    Router::new()
        .route(&stats_path("{namespace}", "{job}"), post(take_stats))
        .route(&progress_path("{namespace}", "{job}"), post(take_progress))
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .with_state(broker)
}

async fn give_credentials(
    State(broker): State<Arc<Broker>>,
    peer: Option<Extension<Peer>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let from = Sender { headers: &headers, peer: peer.map(|Extension(peer)| peer) };
    let result = within_deadline(broker.credentials(&from, &body)).await;
    broker.metrics.credentials_issued(result.as_ref().map_or_else(Failure::result, |_| "granted"));
    match result {
        Ok(credentials) => {
            let answer = BrokerAnswer { credentials: (*credentials).clone() };
            let uncached = [(CACHE_CONTROL, HeaderValue::from_static("no-store"))];
            (uncached, Json(answer.reveal())).into_response()
        }
        Err(failure) => refuse("credentials", failure),
    }
}

async fn take_stats(
    State(broker): State<Arc<Broker>>,
    Path((namespace, job)): Path<(String, String)>,
    peer: Option<Extension<Peer>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let from = Sender { headers: &headers, peer: peer.map(|Extension(peer)| peer) };
    match within_deadline(broker.stats(&from, (&namespace, &job), &body)).await {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(failure) => refuse("traffic figures", failure),
    }
}

async fn take_progress(
    State(broker): State<Arc<Broker>>,
    Path((namespace, job)): Path<(String, String)>,
    peer: Option<Extension<Peer>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let from = Sender { headers: &headers, peer: peer.map(|Extension(peer)| peer) };
    match within_deadline(broker.progress(&from, (&namespace, &job), &body)).await {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(failure) => refuse("progress", failure),
    }
}

/// Who sent a request, as far as the request itself tells.
struct Sender<'a> {
    headers: &'a HeaderMap,
    peer: Option<Peer>,
}

impl Broker {
    async fn credentials(&self, from: &Sender<'_>, body: &[u8]) -> Result<Arc<Credentials>, Failure> {
        let who = self.identify(from.headers, from.peer).await?;
        let pod = who.caller.to_string();
        match authorise(&who.caller, who.pod.as_ref(), who.namespace.as_ref(), &self.home, &parsed(body)?) {
            Ok(grant) => self.vault.get(&grant).await.map_err(|error| Failure::Canopy { error, pod }),
            Err(denied) => Err(Failure::Denied { denied, pod }),
        }
    }

    async fn stats(&self, from: &Sender<'_>, job: (&str, &str), body: &[u8]) -> Result<(), Failure> {
        let who = self.identify(from.headers, from.peer).await?;
        authorise_stats(&who.caller, who.pod.as_ref(), who.namespace.as_ref(), &self.home, job)
            .map_err(|denied| Failure::Denied { denied, pod: who.caller.to_string() })?;
        let stats: ProxyStats = parsed(body)?;
        self.sink.keep(&who.caller.namespace, job.1, stats.traffic).await?;
        self.metrics.proxy(&stats);
        Ok(())
    }

    async fn progress(&self, from: &Sender<'_>, job: (&str, &str), body: &[u8]) -> Result<(), Failure> {
        let who = self.identify(from.headers, from.peer).await?;
        let denied = |denied| Failure::Denied { denied, pod: who.caller.to_string() };
        authorise_stats(&who.caller, who.pod.as_ref(), who.namespace.as_ref(), &self.home, job)
            .map_err(denied)?;
        let uid = who.namespace.as_ref().and_then(|namespace| namespace.metadata.uid.as_deref());
        let namespace = (&who.caller.namespace, uid.ok_or_else(|| denied(Denied::NotReplica))?);
        let progress: RestoreProgress = parsed(body)?;
        let shown = Shown { job: job.1, at: self.clock.now(), progress };
        Ok(self.shows.show(&*self.sink, namespace, &shown, Instant::now()).await?)
    }
}

fn parsed<T: DeserializeOwned>(body: &[u8]) -> Result<T, Failure> {
    serde_json::from_slice(body).map_err(|_| Failure::Body)
}

async fn within_deadline<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    timeout(DEADLINE, work).await.unwrap_or(Err(Failure::TooSlow))
}

/// Logs why; a caller without a token is no news, as anybody can be one.
fn refuse(what: &'static str, failure: Failure) -> Response {
    if failure.result() == "unauthenticated" {
        tracing::debug!(why = %failure, "the broker refuses {what}");
    } else {
        tracing::warn!(why = %failure, "the broker refuses {what}");
    }
    failure.into_response()
}
