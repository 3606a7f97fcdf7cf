//! A fake broker and statistics callback: counts calls, checks the token, issues a new grant per call.

use super::{
    http::{FakeBody, Served, serve, whole},
    oracle::Grant,
    s3::FakeS3,
};
use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};
use tokio::sync::watch;

/// The place of another account.
pub(crate) const ANOTHER_BUCKET: &str = "another-account";

/// The path the contract names.
const CREDENTIALS: &str = "/internal/restore-creds";
const STATS: &str = "/api/v1/canopy-stats/ns/job";

#[derive(Default)]
struct State {
    calls: Vec<(String, Value)>,
    stats: Vec<(String, Value)>,
    failures: VecDeque<StatusCode>,
    stats_failures: VecDeque<StatusCode>,
    down: bool,
}

/// Serves until dropped.
#[derive(Clone)]
pub(crate) struct FakeBroker {
    state: Arc<Mutex<State>>,
    calls: Arc<watch::Sender<usize>>,
    served: Arc<Served>,
}

impl FakeBroker {
    /// Issues grants that `s3` accepts and that live for `life`.
    pub(crate) async fn start(s3: FakeS3, life: SignedDuration, now: fn() -> Timestamp) -> Self {
        let state = Arc::new(Mutex::new(State::default()));
        let calls = Arc::new(watch::Sender::new(0));
        let (shared, counted) = (Arc::clone(&state), Arc::clone(&calls));
        let served = serve(move |request| {
            answer(Arc::clone(&shared), Arc::clone(&counted), s3.clone(), now() + life, request)
        })
        .await;
        Self { state, calls, served: Arc::new(served) }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/", self.served.address)
    }

    pub(crate) fn stats_url(&self) -> String {
        format!("http://{}{STATS}", self.served.address)
    }

    /// The next call for credentials is answered so.
    pub(crate) fn fail(&self, status: u16) {
        self.state.lock().unwrap().failures.push_back(StatusCode::from_u16(status).unwrap());
    }

    /// The next post of statistics is answered so.
    pub(crate) fn fail_stats(&self, status: u16) {
        self.state.lock().unwrap().stats_failures.push_back(StatusCode::from_u16(status).unwrap());
    }

    /// All calls for credentials are answered 502 from now on.
    pub(crate) fn set_down(&self, down: bool) {
        self.state.lock().unwrap().down = down;
    }

    /// `Authorization` and body of each call for credentials.
    pub(crate) fn calls(&self) -> Vec<(String, Value)> {
        self.state.lock().unwrap().calls.clone()
    }

    /// Ends when credentials have been asked for that many times.
    pub(crate) async fn called(&self, times: usize) {
        self.calls.subscribe().wait_for(|calls| *calls >= times).await.unwrap();
    }

    /// `Authorization` and body of each post of statistics that was taken.
    pub(crate) fn stats(&self) -> Vec<(String, Value)> {
        self.state.lock().unwrap().stats.clone()
    }
}

async fn answer(
    state: Arc<Mutex<State>>,
    calls: Arc<watch::Sender<usize>>,
    s3: FakeS3,
    expires: Timestamp,
    request: Request<Incoming>,
) -> Response<FakeBody> {
    let (head, body) = request.into_parts();
    let authorization =
        head.headers.get("authorization").map_or("", |value| value.to_str().unwrap()).to_owned();
    let body: Value = serde_json::from_slice(&body.collect().await.unwrap().to_bytes()).unwrap();
    let answer = match head.uri.path() {
        CREDENTIALS => credentials(&state, &s3, expires, (authorization, body)),
        STATS => statistics(&state, (authorization, body)),
        other => panic!("nobody scripted a call of {other}"),
    };
    if head.uri.path() == CREDENTIALS {
        calls.send_modify(|calls| *calls += 1);
    }
    answer
}

fn credentials(
    state: &Mutex<State>,
    s3: &FakeS3,
    expires: Timestamp,
    call: (String, Value),
) -> Response<FakeBody> {
    let mut state = state.lock().unwrap();
    state.calls.push(call);
    let nth = state.calls.len();
    if state.down {
        return status(StatusCode::BAD_GATEWAY);
    }
    if let Some(failure) = state.failures.pop_front() {
        return status(failure);
    }
    let (secret, token) = (format!("canary-secret-{nth}"), format!("canary-token-{nth}"));
    let grant = Grant { access_key_id: format!("canary-id-{nth}"), secret, token, expires: None };
    s3.grant(grant.clone());
    // Where the proxy reads is fixed at its start; what an answer says of places counts for nothing.
    let json = json!({"credentials": {"Version": 1, "AccessKeyId": grant.access_key_id,
        "SecretAccessKey": grant.secret, "SessionToken": grant.token, "Expiration": expires},
        "bucket": ANOTHER_BUCKET, "prefix": "", "endpoint": "http://127.0.0.1:9"});
    Response::new(whole(json.to_string()))
}

fn statistics(state: &Mutex<State>, call: (String, Value)) -> Response<FakeBody> {
    let mut state = state.lock().unwrap();
    if let Some(failure) = state.stats_failures.pop_front() {
        return status(failure);
    }
    state.stats.push(call);
    status(StatusCode::NO_CONTENT)
}

/// The body of a failure holds what must never be logged.
fn status(status: StatusCode) -> Response<FakeBody> {
    let body = if status == StatusCode::NO_CONTENT { Bytes::new() } else { Bytes::from("canary-body") };
    Response::builder().status(status).body(whole(body)).unwrap()
}
