//! What a call of one of the four endpoints must bring with it, and the record of those that do not.
//!
//! Input: any request. Output: an [`Admitted`] call, or a [`Refusal`] that stands in the ledger as unexpected.
//! Must not: repair a call.

use crate::{
    connection::{Connection, Peer},
    problem,
    state::Stub,
};
use axum::{
    extract::{FromRequest, Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use contract::canopy::VERSION_HEADER;
use http::{HeaderMap, StatusCode};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::{sync::Arc, time::Duration};

/// A report with the longest error and every check is a few KiB; more is a client gone wrong.
const LARGEST_BODY: usize = 1 << 20;

/// A body that takes longer than this is not coming.
pub(super) const BODY_DEADLINE: Duration = Duration::from_secs(30);

/// A call of one of the four endpoints that came the way it should.
pub(crate) struct Admitted {
    pub connection: Connection,
    pub body: Bytes,
}

impl Admitted {
    /// The body, as it came and as it is typed.
    pub(crate) fn json<T: DeserializeOwned>(&self) -> Result<(Value, T), Refusal> {
        let wrong = |error: serde_json::Error| {
            Refusal::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                format!("the body is not what is expected: {error}"),
            )
        };
        let typed = serde_json::from_slice(&self.body).map_err(wrong)?;
        let raw = serde_json::from_slice(&self.body).map_err(wrong)?;
        Ok((raw, typed))
    }
}

impl FromRequest<Arc<Stub>> for Admitted {
    type Rejection = Refusal;

    async fn from_request(request: Request, _: &Arc<Stub>) -> Result<Self, Refusal> {
        let connection = connection_of(&request)?;
        admit_peer(&connection.peer)?;
        admit_version(request.headers())?;
        let body = read(request, LARGEST_BODY).await?;
        Ok(Self { connection, body })
    }
}

fn connection_of(request: &Request) -> Result<Connection, Refusal> {
    let unknown = || Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "the request came over no connection");
    request.extensions().get::<Connection>().cloned().ok_or_else(unknown)
}

fn admit_peer(peer: &Peer) -> Result<(), Refusal> {
    match peer {
        Peer::NotAsked | Peer::Device => Ok(()),
        Peer::Anonymous => {
            Err(Refusal::new(StatusCode::UNAUTHORIZED, "the call shows no client certificate"))
        }
        Peer::Stranger(why) => Err(Refusal::new(StatusCode::FORBIDDEN, why.clone())),
    }
}

fn admit_version(headers: &HeaderMap) -> Result<(), Refusal> {
    let said = headers.get(VERSION_HEADER).is_some_and(|value| !value.is_empty());
    said.then_some(()).ok_or_else(|| {
        Refusal::new(StatusCode::BAD_REQUEST, format!("the call carries no {VERSION_HEADER} header"))
    })
}

/// The whole body, of at most `limit` bytes.
pub(super) async fn read(request: Request, limit: usize) -> Result<Bytes, Refusal> {
    let whole = tokio::time::timeout(BODY_DEADLINE, axum::body::to_bytes(request.into_body(), limit)).await;
    let late = |_| Refusal::new(StatusCode::REQUEST_TIMEOUT, "the body did not arrive in time");
    let broken = |error| {
        Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, format!("the body is cut or over {limit} bytes: {error}"))
    };
    whole.map_err(late)?.map_err(broken)
}

/// A call that no correct client makes: a problem document for it, a line in the ledger for the test.
#[derive(Debug)]
pub(crate) struct Refusal {
    status: StatusCode,
    why: String,
}

/// Marks an answer as that of a refused call.
#[derive(Clone)]
struct Why(String);

impl Refusal {
    pub(crate) fn new(status: StatusCode, why: impl Into<String>) -> Self {
        Self { status, why: why.into() }
    }

    /// The same answer, without a line in the ledger: a mistake of the test is no call of its client.
    pub(super) fn unrecorded(self) -> Response {
        problem::answer(self.status, self.why).into_response()
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = problem::answer(self.status, self.why.clone()).into_response();
        response.extensions_mut().insert(Why(self.why));
        response
    }
}

/// Writes refused calls into the ledger, before their answer is sent.
pub(super) async fn record_refusals(State(stub): State<Arc<Stub>>, request: Request, next: Next) -> Response {
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let response = next.run(request).await;
    let status = response.status();
    if let Some(Why(why)) = response.extensions().get() {
        tracing::warn!(%method, path, status = status.as_u16(), why, "unexpected call");
        stub.record_unexpected(&method, &path, status, why);
    }
    response
}

/// Canopy has no such path.
pub(super) async fn unknown_path() -> Refusal {
    Refusal::new(StatusCode::NOT_FOUND, "there is nothing at this path")
}

/// The path is known, the method is not.
pub(super) async fn wrong_method() -> Refusal {
    Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "the path does not take this method")
}
