//! A fake S3: verifies every signature, knows a few objects, and does as it is told to fail.

use super::{
    http::{FakeBody, Served, piecewise, serve, whole},
    oracle::{self, Grant},
};
use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, request::Parts};
use hyper::body::Incoming;
use jiff::{SignedDuration, Timestamp};
use proxy::clock::Clock;
use std::{
    collections::{BTreeMap, VecDeque},
    io,
    sync::{Arc, Mutex},
};
use tokio::sync::mpsc;

pub(crate) const BUCKET: &str = "backups";
pub(crate) const REGION: &str = "eu-west-2";
pub(crate) const ETAG: &str = "\"5d41402abc4b2a76b9719d911017c592\"";
pub(crate) const MODIFIED: &str = "Wed, 21 Oct 2015 07:28:00 GMT";

/// One answer out of the ordinary.
pub(crate) enum Fault {
    /// A status with an error document.
    Error(u16, &'static str),
    /// A whole answer.
    Answer(Response<FakeBody>),
    /// The body breaks off after so many bytes, chunked or with its length announced.
    Cut { after: usize, chunked: bool },
    /// The same to a request for a range.
    CutPart { after: usize },
    /// The same to a request for a list.
    CutList { after: usize },
    /// The body is what the test sends.
    Body(u64, FakeBody),
    /// No answer at all, ever.
    Silence,
}

/// What befalls every request until it clears up.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Weather {
    /// A status with an error document.
    Error(u16, &'static str),
    /// No connection, in memory only.
    Refused,
    /// Connections that end before an answer, in memory only.
    Reset,
}

/// What reached the fake S3.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) target: String,
    pub(crate) headers: http::HeaderMap,
    pub(crate) access_key_id: String,
}

#[derive(Default)]
struct State {
    objects: BTreeMap<String, Bytes>,
    grants: Vec<Grant>,
    expired: Vec<String>,
    faults: VecDeque<Fault>,
    seen: Vec<Seen>,
    weather: Option<Weather>,
    clock: Option<Clock>,
}

/// Serves until dropped.
#[derive(Clone)]
pub(crate) struct FakeS3 {
    state: Arc<Mutex<State>>,
    served: Option<Arc<Served>>,
}

impl FakeS3 {
    pub(crate) async fn start() -> Self {
        let state = Arc::new(Mutex::new(State::default()));
        let shared = Arc::clone(&state);
        let served = serve(move |request| answer(Arc::clone(&shared), request)).await;
        Self { state, served: Some(Arc::new(served)) }
    }

    /// Without a socket, and with a clock of its own by which grants end and dates are judged.
    pub(crate) fn in_memory(clock: Clock) -> Self {
        let state = State { clock: Some(clock), ..State::default() };
        Self { state: Arc::new(Mutex::new(state)), served: None }
    }

    pub(crate) async fn answer(&self, request: Request<Incoming>) -> Response<FakeBody> {
        answer(Arc::clone(&self.state), request).await
    }

    pub(crate) fn url(&self) -> String {
        self.served
            .as_ref()
            .map_or("http://s3.memory/".to_owned(), |served| format!("http://{}/", served.address))
    }

    pub(crate) fn set_weather(&self, weather: Option<Weather>) {
        self.state.lock().unwrap().weather = weather;
    }

    pub(crate) fn weather(&self) -> Option<Weather> {
        self.state.lock().unwrap().weather
    }

    pub(crate) fn put(&self, key: &str, bytes: impl Into<Bytes>) {
        self.state.lock().unwrap().objects.insert(key.to_owned(), bytes.into());
    }

    pub(crate) fn grant(&self, grant: Grant) {
        self.state.lock().unwrap().grants.push(grant);
    }

    /// From now on these keys are answered `ExpiredToken`.
    pub(crate) fn expire(&self, access_key_id: &str) {
        self.state.lock().unwrap().expired.push(access_key_id.to_owned());
    }

    pub(crate) fn fail(&self, fault: Fault) {
        self.state.lock().unwrap().faults.push_back(fault);
    }

    /// Ends when that many requests have come.
    pub(crate) async fn asked(&self, times: usize) {
        let mut ticks = tokio::time::interval(std::time::Duration::from_millis(5));
        while self.state.lock().unwrap().seen.len() < times {
            ticks.tick().await;
        }
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.state.lock().unwrap().seen.clone()
    }
}

async fn answer(state: Arc<Mutex<State>>, request: Request<Incoming>) -> Response<FakeBody> {
    let (head, _) = request.into_parts();
    match judge(&state, &head) {
        None => object(&state, &head),
        Some(Fault::Error(status, code)) => error(status, code),
        Some(Fault::Answer(answer)) => answer,
        Some(Fault::Cut { after, chunked }) => cut(&object_bytes(&state, &head).unwrap(), after, chunked),
        Some(Fault::CutPart { after }) => cut_part(&state, &head, after),
        Some(Fault::CutList { after }) => cut_list(after),
        Some(Fault::Body(length, body)) => {
            Response::builder().header("content-length", length).body(body).unwrap()
        }
        Some(Fault::Silence) => std::future::pending().await,
    }
}

/// Records the request, verifies it, and takes the next fault.
fn judge(state: &Mutex<State>, head: &Parts) -> Option<Fault> {
    let mut state = state.lock().unwrap();
    let access_key_id = oracle::access_key_id(&head.headers);
    state.seen.push(Seen {
        target: head.uri.to_string(),
        headers: head.headers.clone(),
        access_key_id: access_key_id.clone(),
    });
    let Some(grant) = state.grants.iter().find(|grant| grant.access_key_id == access_key_id) else {
        return Some(Fault::Error(403, "InvalidAccessKeyId"));
    };
    oracle::verify(head, grant, REGION);
    let now = state.clock.as_ref().map(Clock::now);
    if let Some(now) = now.filter(|now| oracle::age(head, *now).abs() > SignedDuration::from_mins(15)) {
        return Some(Fault::Answer(too_skewed(now)));
    }
    if state.expired.contains(&access_key_id) || now.zip(grant.expires).is_some_and(|(now, end)| now >= end) {
        return Some(Fault::Error(400, "ExpiredToken"));
    }
    match state.weather {
        Some(Weather::Error(status, code)) => Some(Fault::Error(status, code)),
        _ => state.faults.pop_front(),
    }
}

/// With S3's own time.
fn too_skewed(now: Timestamp) -> Response<FakeBody> {
    let date = jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&now).unwrap();
    let mut answer = error(403, "RequestTimeTooSkewed");
    answer.headers_mut().insert("date", date.parse().unwrap());
    answer
}

fn object_bytes(state: &Mutex<State>, head: &Parts) -> Option<Bytes> {
    let path = oracle::decoded(head.uri.path());
    let key = path.strip_prefix(&format!("/{BUCKET}/"))?;
    state.lock().unwrap().objects.get(key).cloned()
}

fn object(state: &Mutex<State>, head: &Parts) -> Response<FakeBody> {
    if head.uri.query().is_some() {
        return list(state, head);
    }
    let Some(bytes) = object_bytes(state, head) else { return error(404, "NoSuchKey") };
    if head.headers.get("if-match").is_some_and(|tag| tag != ETAG) {
        return error(412, "PreconditionFailed");
    }
    let range = head.headers.get("range").map(|range| range.to_str().unwrap().to_owned());
    match range {
        None => entity(StatusCode::OK, bytes, &head.method),
        Some(range) => ranged(&range, &bytes, &head.method),
    }
}

/// First and last byte, the last one perhaps beyond the end.
fn span(range: &str, len: usize) -> (usize, usize) {
    match range.strip_prefix("bytes=").unwrap().split_once('-').unwrap() {
        ("", last) => (len - last.parse::<usize>().unwrap(), len - 1),
        (first, "") => (first.parse().unwrap(), len - 1),
        (first, last) => (first.parse().unwrap(), last.parse().unwrap()),
    }
}

fn ranged(range: &str, bytes: &Bytes, method: &Method) -> Response<FakeBody> {
    let (from, to) = span(range, bytes.len());
    if from >= bytes.len() {
        let mut refused = error(416, "InvalidRange");
        let whole = format!("bytes */{}", bytes.len()).parse().unwrap();
        refused.headers_mut().insert("content-range", whole);
        return refused;
    }
    let to = to.min(bytes.len() - 1);
    let mut answer = entity(StatusCode::PARTIAL_CONTENT, bytes.slice(from..=to), method);
    let part = format!("bytes {from}-{to}/{}", bytes.len()).parse().unwrap();
    answer.headers_mut().insert("content-range", part);
    answer
}

fn entity(status: StatusCode, bytes: Bytes, method: &Method) -> Response<FakeBody> {
    let answer = Response::builder()
        .status(status)
        .header("etag", ETAG)
        .header("last-modified", MODIFIED)
        .header("content-encoding", "gzip")
        .header("set-cookie", "canary=1")
        .header("content-length", bytes.len());
    let body = if method == Method::HEAD { Bytes::new() } else { bytes };
    answer.body(whole(body)).unwrap()
}

/// Chunked, as S3 sends lists.
fn list(state: &Mutex<State>, head: &Parts) -> Response<FakeBody> {
    let query = head.uri.query().unwrap();
    let prefix = query.split('&').find_map(|pair| pair.strip_prefix("prefix=")).unwrap_or_default();
    let prefix = oracle::decoded(prefix);
    let keys: Vec<_> =
        state.lock().unwrap().objects.keys().filter(|k| k.starts_with(&prefix)).cloned().collect();
    let (pieces, body) = piecewise();
    tokio::spawn(async move {
        for key in keys {
            // A client that went away ends this.
            let _ = pieces.send(Ok(format!("<Key>{key}</Key>").into())).await;
        }
    });
    Response::new(body)
}

/// With the echo of a token that real S3 has in such documents.
pub(crate) fn error(status: u16, code: &str) -> Response<FakeBody> {
    let document = format!(
        "<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>As scripted.</Message>\
         <Token-0>canary-echo</Token-0><RequestId>R1</RequestId></Error>"
    );
    Response::builder().status(status).header("location", "http://elsewhere/").body(whole(document)).unwrap()
}

fn cut(bytes: &Bytes, after: usize, chunked: bool) -> Response<FakeBody> {
    let (pieces, body) = piecewise();
    tokio::spawn(break_off(pieces, bytes.slice(..after)));
    let answer = Response::builder().header("etag", ETAG);
    let answer = if chunked { answer } else { answer.header("content-length", bytes.len()) };
    answer.body(body).unwrap()
}

fn cut_part(state: &Mutex<State>, head: &Parts, after: usize) -> Response<FakeBody> {
    let bytes = object_bytes(state, head).unwrap();
    let (from, to) = span(head.headers["range"].to_str().unwrap(), bytes.len());
    let whole = ranged(&format!("bytes={from}-{to}"), &bytes, &Method::GET);
    let (pieces, body) = piecewise();
    tokio::spawn(break_off(pieces, bytes.slice(from..from + after)));
    Response::from_parts(whole.into_parts().0, body)
}

fn cut_list(after: usize) -> Response<FakeBody> {
    let (pieces, body) = piecewise();
    tokio::spawn(break_off(pieces, Bytes::from("<Key>half of a list").slice(..after)));
    Response::new(body)
}

async fn break_off(pieces: mpsc::Sender<io::Result<Bytes>>, bytes: Bytes) {
    if !bytes.is_empty() {
        pieces.send(Ok(bytes)).await.unwrap();
    }
    // The connection may already be gone.
    let _ = pieces.send(Err(io::Error::other("scripted"))).await;
}
