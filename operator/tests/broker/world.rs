//! A cluster, a Canopy and a sink that hold what a test puts into them, around a real broker.

use crate::logs::listen;
use axum::body::Body;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use contract::{
    broker::{BrokerRequest, CREDENTIALS_PATH, TrafficStats},
    canopy::{Capabilities, CredentialsAnswer, CredentialsRequest, Verification},
    ids::GroupId,
    names::{NamespaceName, labels},
    secret::{ExposeSecret, SecretString},
};
use futures::future::{BoxFuture, ready};
use http::{Request, StatusCode, header::AUTHORIZATION, request::Builder};
use http_body_util::BodyExt;
use jiff::Timestamp;
use k8s_openapi::api::{
    authentication::v1::TokenReviewStatus,
    core::v1::{Namespace, Pod},
};
use operator::{
    broker::{Broker, ReviewError, ReviewResult, Reviewer, SinkError, StatsSink, router},
    canopy::{CanopyApi, CanopyError, Result, Worklist},
    clock::ManualClock,
    metrics::Metrics,
    serve::Peer,
};
use serde_json::{Value, json};
use std::{
    net::IpAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
};
use tokio::sync::Semaphore;
use tower::ServiceExt;
use uuid::Uuid;

pub(crate) const NOW: i64 = 1_800_000_000;

/// The namespace of the broker's installation.
const HOME: &str = "pgro-system";

/// What the world answers; all in order until a test changes it.
pub(crate) struct World {
    pub(crate) cluster: Arc<Cluster>,
    pub(crate) canopy: Arc<Issuer>,
    pub(crate) sink: Arc<Sink>,
    pub(crate) metrics: Metrics,
    broker: Arc<Broker>,
}

/// Replicas 1 and 2, each with a restore pod whose token is known.
pub(crate) struct Cluster {
    /// What the UIDs of pods end in, once they are not the ones tokens were made for.
    pub(crate) replaced: Mutex<&'static str>,
    /// The installation all replicas belong to.
    pub(crate) owner: Mutex<&'static str>,
    pub(crate) down: Mutex<bool>,
    pub(crate) gate: Semaphore,
    pub(crate) reviewed: AtomicUsize,
    pub(crate) most_at_once: AtomicUsize,
    reviewing: AtomicUsize,
}

/// A review under way, also where its caller leaves.
struct Review<'a>(&'a AtomicUsize);

impl Drop for Review<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, SeqCst);
    }
}

#[derive(Default)]
pub(crate) struct Issuer {
    pub(crate) fails: Mutex<Option<CanopyError>>,
    pub(crate) calls: AtomicUsize,
}

#[derive(Default)]
pub(crate) struct Sink(
    pub(crate) Mutex<Vec<(String, String, TrafficStats)>>,
    pub(crate) Mutex<Vec<(String, String, String)>>,
);

/// What came back.
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: http::HeaderMap,
    pub(crate) body: String,
}

pub(crate) fn world() -> World {
    world_with(false)
}

/// A world whose broker takes a token only from its pod's address.
pub(crate) fn world_that_checks_addresses() -> World {
    world_with(true)
}

/// The address of replica `n`'s restore pod.
pub(crate) fn address(n: u128) -> IpAddr {
    format!("10.0.0.{n}").parse().unwrap()
}

fn world_with(check_source: bool) -> World {
    listen();
    let cluster = Arc::new(Cluster {
        replaced: Mutex::new(""),
        owner: Mutex::new(HOME),
        down: Mutex::new(false),
        gate: Semaphore::new(1_000),
        reviewed: AtomicUsize::new(0),
        most_at_once: AtomicUsize::new(0),
        reviewing: AtomicUsize::new(0),
    });
    let (canopy, sink, metrics) = (Arc::<Issuer>::default(), Arc::<Sink>::default(), Metrics::default());
    let clock = Arc::new(ManualClock::at(Timestamp::from_second(NOW).unwrap()));
    let (reviewer, home) = (cluster.clone(), HOME.parse().unwrap());
    let broker =
        Broker::new(home, canopy.clone(), reviewer, sink.clone(), clock, metrics.clone(), check_source);
    World { cluster, canopy, sink, metrics, broker }
}

/// The token of replica `n`'s restore pod; any other `n` is unknown to the cluster.
pub(crate) fn token(n: u128) -> String {
    token_until(n, 600)
}

/// The same pod's token after kubelet has renewed it.
pub(crate) fn renewed_token(n: u128) -> String {
    token_until(n, 1_200)
}

fn token_until(n: u128, seconds: i64) -> String {
    let claims = json!({ "aud": ["pgro-broker"], "exp": NOW + seconds, "replica": n.to_string() });
    format!("e30.{}.canary", BASE64_URL_SAFE_NO_PAD.encode(claims.to_string()))
}

pub(crate) fn request_for(n: u128) -> Value {
    let group = GroupId(Uuid::from_u128(n));
    json!(BrokerRequest { group, backup_type: "tamanu-postgres".parse().unwrap() })
}

impl World {
    pub(crate) async fn post(&self, path: &str, token: Option<&str>, body: impl Into<Body>) -> Reply {
        self.send(Request::post(path), token, body).await
    }

    /// Asks for replica `n`'s credentials with its token, from `address`.
    pub(crate) async fn ask_from(&self, address: IpAddr, n: u128) -> Reply {
        let request = Request::post(CREDENTIALS_PATH).extension(Peer(address));
        self.send(request, Some(&token(n)), request_for(n).to_string()).await
    }

    async fn send(&self, mut request: Builder, token: Option<&str>, body: impl Into<Body>) -> Reply {
        if let Some(token) = token {
            request = request.header(AUTHORIZATION, format!("Bearer {token}"));
        }
        let request = request.body(body.into()).unwrap();
        let (head, body) = router(self.broker.clone()).oneshot(request).await.unwrap().into_parts();
        let body = String::from_utf8(body.collect().await.unwrap().to_bytes().to_vec()).unwrap();
        Reply { status: head.status, headers: head.headers, body }
    }

    /// Asks for the credentials of replica `wanted` with the token of replica `asking`.
    pub(crate) async fn ask(&self, asking: u128, wanted: u128) -> Reply {
        let path = CREDENTIALS_PATH;
        self.post(path, Some(&token(asking)), request_for(wanted).to_string()).await
    }
}

impl Cluster {
    async fn status_of(&self, token: &SecretString) -> ReviewResult<TokenReviewStatus> {
        if *self.down.lock().unwrap() {
            return Err(ReviewError { attempt: "review a token", why: "503".to_owned() });
        }
        self.reviewed.fetch_add(1, SeqCst);
        let now = self.reviewing.fetch_add(1, SeqCst) + 1;
        let _review = Review(&self.reviewing);
        self.most_at_once.fetch_max(now, SeqCst);
        let _permit = self.gate.acquire().await.unwrap();
        let known =
            (1..=2).find(|&n| [self::token(n), renewed_token(n)].contains(&token.expose_secret().to_owned()));
        Ok(known.map(review).unwrap_or_default())
    }
}

fn review(n: u128) -> TokenReviewStatus {
    let extra = json!({ "authentication.kubernetes.io/pod-name": ["restore-a-x"],
        "authentication.kubernetes.io/pod-uid": [format!("uid-{n}")] });
    let user = json!({ "username": format!("system:serviceaccount:replica-{n}:restore"), "extra": extra });
    serde_json::from_value(json!({ "authenticated": true, "audiences": ["pgro-broker"], "user": user }))
        .unwrap()
}

fn number(namespace: &NamespaceName) -> u128 {
    namespace.as_str().trim_start_matches("replica-").parse().unwrap()
}

impl Reviewer for Cluster {
    fn review<'a>(&'a self, token: &'a SecretString) -> BoxFuture<'a, ReviewResult<TokenReviewStatus>> {
        Box::pin(self.status_of(token))
    }

    fn pod<'a>(
        &'a self,
        namespace: &'a NamespaceName,
        _: &'a str,
    ) -> BoxFuture<'a, ReviewResult<Option<Pod>>> {
        let owner = json!({ "apiVersion": "batch/v1", "kind": "Job", "name": "restore-a", "uid": "j", "controller": true });
        let metadata = json!({ "uid": format!("uid-{}{}", number(namespace), *self.replaced.lock().unwrap()), "ownerReferences": [owner],
            "labels": { labels::PROXY_SIDECAR: "true" } });
        let spec = json!({ "serviceAccountName": "restore", "containers": [] });
        let status = json!({ "podIPs": [{ "ip": "fd00::1" }, { "ip": address(number(namespace)) }] });
        let pod = json!({ "metadata": metadata, "spec": spec, "status": status });
        Box::pin(ready(Ok(serde_json::from_value(pod).unwrap())))
    }

    fn namespace<'a>(&'a self, name: &'a NamespaceName) -> BoxFuture<'a, ReviewResult<Option<Namespace>>> {
        let group = GroupId(Uuid::from_u128(number(name)));
        let labels = json!({ labels::MANAGED_BY: labels::MANAGED_BY_VALUE, labels::GROUP: group,
            labels::OWNER: *self.owner.lock().unwrap(), labels::TYPE: "tamanu-postgres" });
        Box::pin(ready(Ok(
            serde_json::from_value(json!({ "metadata": { "uid": "n1", "labels": labels } })).unwrap()
        )))
    }
}

impl CanopyApi for Issuer {
    fn credentials<'a>(&'a self, _: &'a CredentialsRequest) -> BoxFuture<'a, Result<CredentialsAnswer>> {
        self.calls.fetch_add(1, SeqCst);
        let fails = self.fails.lock().unwrap().clone();
        let answer = json!({ "repo_password": "canary-password", "credentials": { "Version": 1,
            "AccessKeyId": "AKIA", "SecretAccessKey": "secret", "SessionToken": "session",
            "Expiration": Timestamp::from_second(NOW + 3_600).unwrap() } });
        Box::pin(ready(fails.map_or_else(|| Ok(serde_json::from_value(answer).unwrap()), Err)))
    }
    fn register<'a>(&'a self, _: &'a Capabilities) -> BoxFuture<'a, Result<()>> {
        unreachable!("the broker registers nothing")
    }
    fn worklist(&self) -> BoxFuture<'_, Result<Worklist>> {
        unreachable!("the broker asks for no worklist")
    }
    fn report<'a>(&'a self, _: &'a Verification) -> BoxFuture<'a, Result<()>> {
        unreachable!("the broker reports nothing")
    }
}

impl StatsSink for Sink {
    fn keep<'a>(
        &'a self,
        namespace: &'a NamespaceName,
        job: &'a str,
        stats: TrafficStats,
    ) -> BoxFuture<'a, std::result::Result<(), SinkError>> {
        self.0.lock().unwrap().push((namespace.to_string(), job.to_owned(), stats));
        Box::pin(ready(Ok(())))
    }

    fn show<'a>(
        &'a self,
        namespace: &'a NamespaceName,
        uid: &'a str,
        progress: String,
    ) -> BoxFuture<'a, std::result::Result<(), SinkError>> {
        self.1.lock().unwrap().push((namespace.to_string(), uid.to_owned(), progress));
        Box::pin(ready(Ok(())))
    }
}
