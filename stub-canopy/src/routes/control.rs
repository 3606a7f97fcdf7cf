//! The control: how a test scripts the stub and reads what happened.
//!
//! Input: requests under `/_control`. Output: changed state, the ledger. Must not: demand what Canopy demands; a
//! test's own mistakes are answered with a problem and do not stand in the ledger.

use super::{
    Answer,
    strict::{Refusal, read},
};
use crate::{faults::FaultRule, state::Stub, worklist::Entry};
use axum::{
    Router,
    extract::{FromRequest, Path, Query, Request, State},
    response::{IntoResponse, Response},
    routing::{delete, get, post, put},
};
use contract::ids::{ReplicaId, ServerId};
use http::StatusCode;
use serde::{Deserialize, de::DeserializeOwned};
use std::sync::Arc;

/// A hundred thousand entries; ten times what one cluster is made for.
const LARGEST_SCRIPT: usize = 64 << 20;

pub(super) fn router() -> Router<Arc<Stub>> {
    Router::new()
        .route("/health", get(async || Answer::done()))
        .route("/worklist", put(replace).post(add))
        .route("/worklist/{replica_id}", delete(remove))
        .route("/ledger", get(ledger).delete(clear_ledger))
        .route("/faults", post(inject).delete(clear_faults))
}

/// A JSON body, whatever its content type.
struct Script<T>(T);

impl<T: DeserializeOwned> FromRequest<Arc<Stub>> for Script<T> {
    type Rejection = Response;

    async fn from_request(request: Request, _: &Arc<Stub>) -> Result<Self, Response> {
        let body = read(request, LARGEST_SCRIPT).await.map_err(Refusal::unrecorded)?;
        serde_json::from_slice(&body).map(Self).map_err(|error| unusable(&error.to_string()))
    }
}

fn unusable(why: &str) -> Response {
    Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, format!("the script is not usable: {why}")).unrecorded()
}

async fn replace(State(stub): State<Arc<Stub>>, Script(entries): Script<Vec<Entry>>) -> Answer {
    stub.replace_worklist(entries);
    Answer::done()
}

async fn add(State(stub): State<Arc<Stub>>, Script(entry): Script<Entry>) -> Answer {
    stub.put_entry(entry);
    Answer::done()
}

#[derive(Deserialize)]
struct Which {
    /// Empty or absent: every server of the declaration.
    #[serde(default)]
    server_id: String,
}

async fn remove(
    State(stub): State<Arc<Stub>>,
    Path(replica): Path<String>,
    Query(which): Query<Which>,
) -> Result<Answer, Response> {
    let replica: ReplicaId = replica.parse().map_err(|error| unusable(&format!("{error}")))?;
    let server = Some(which.server_id).filter(|id| !id.is_empty());
    let server: Option<ServerId> =
        server.map(|id| id.parse()).transpose().map_err(|error| unusable(&format!("{error}")))?;
    if stub.remove_entry(replica, server) {
        Ok(Answer::done())
    } else {
        Err(Refusal::new(StatusCode::NOT_FOUND, "no such entry is in the worklist").unrecorded())
    }
}

async fn ledger(State(stub): State<Arc<Stub>>) -> Response {
    axum::Json(stub.read_ledger()).into_response()
}

async fn clear_ledger(State(stub): State<Arc<Stub>>) -> Answer {
    stub.clear_ledger();
    Answer::done()
}

async fn inject(State(stub): State<Arc<Stub>>, Script(rule): Script<FaultRule>) -> Result<Answer, Response> {
    rule.check().map_err(|error| unusable(&error.to_string()))?;
    stub.add_fault(rule);
    Ok(Answer::done())
}

async fn clear_faults(State(stub): State<Arc<Stub>>) -> Answer {
    stub.clear_faults();
    Answer::done()
}
