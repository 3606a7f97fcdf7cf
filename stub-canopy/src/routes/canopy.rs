//! The four endpoints, and the probe.
//!
//! Input: admitted calls. Output: Canopy's answers, each call in the ledger with the status it got.
//! Must not: answer differently from Canopy except where a fault was ordered.

use super::{
    Answer, harm,
    strict::{Admitted, Refusal},
};
use crate::{faults::Endpoint, problem, state::Stub};
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use contract::canopy::{Capabilities, CredentialsRequest, Verification};
use http::StatusCode;
use std::sync::Arc;

type Answered = Result<Response, Refusal>;

/// `POST /restore-capabilities`
pub(super) async fn capabilities(State(stub): State<Arc<Stub>>, call: Admitted) -> Answered {
    let (body, said) = call.json::<Capabilities>()?;
    let fault = stub.next_fault(Endpoint::Capabilities, None);
    let answer = harm::instead(fault.as_ref()).unwrap_or_else(|| {
        stub.advertise(said.intents);
        Answer::done()
    });
    stub.record_capabilities(body);
    tracing::info!(status = harm::recorded(fault.as_ref(), &answer), "capabilities");
    Ok(harm::deliver(fault, answer, &call.connection).await)
}

/// `GET /restore-worklist`
pub(super) async fn worklist(State(stub): State<Arc<Stub>>, call: Admitted) -> Answered {
    let fault = stub.next_fault(Endpoint::Worklist, None);
    let answer = harm::instead(fault.as_ref()).unwrap_or_else(|| Answer::json(stub.dispatched()));
    stub.record_poll();
    tracing::debug!(status = harm::recorded(fault.as_ref(), &answer), "worklist");
    Ok(harm::deliver(fault, answer, &call.connection).await)
}

/// `POST /restore-credentials`
pub(super) async fn credentials(State(stub): State<Arc<Stub>>, call: Admitted) -> Answered {
    let (body, asked) = call.json::<CredentialsRequest>()?;
    let fault = stub.next_fault(Endpoint::Credentials, Some(asked.group));
    let answer = match harm::instead(fault.as_ref()) {
        Some(answer) => answer,
        None => issue(&stub, &asked).await,
    };
    let status = harm::recorded(fault.as_ref(), &answer);
    stub.record_credentials(body, status);
    tracing::info!(status, group = %asked.group, r#type = asked.backup_type.as_str(), "credentials");
    Ok(harm::deliver(fault, answer, &call.connection).await)
}

async fn issue(stub: &Stub, asked: &CredentialsRequest) -> Answer {
    let places = stub.granted(asked.group, &asked.backup_type);
    if places.is_empty() {
        return problem::answer(StatusCode::FORBIDDEN, "no declaration grants this group and type");
    }
    match stub.issuer.issue(&places, stub.now()).await {
        Ok(issued) => Answer::json(serde_json::to_vec(&issued.reveal()).unwrap_or_default()),
        Err(error) => {
            let why = error.chain();
            tracing::error!(group = %asked.group, why, "failed to issue credentials");
            problem::answer(StatusCode::BAD_GATEWAY, why)
        }
    }
}

/// `POST /restore-verification`
pub(super) async fn verification(State(stub): State<Arc<Stub>>, call: Admitted) -> Answered {
    let (body, report) = call.json::<Verification>()?;
    let fault = stub.next_fault(Endpoint::Verification, Some(report.group));
    let answer = harm::instead(fault.as_ref()).unwrap_or_else(|| accept(&stub, &report));
    let status = harm::recorded(fault.as_ref(), &answer);
    stub.record_verification(body, status);
    tracing::info!(status, server = %report.server_id, intent = %report.intent, "verification");
    Ok(harm::deliver(fault, answer, &call.connection).await)
}

fn accept(stub: &Stub, report: &Verification) -> Answer {
    if stub.declares(report) {
        Answer::done()
    } else {
        problem::answer(StatusCode::FORBIDDEN, "the declaration of this replica is gone")
    }
}

/// `GET /public/servers`: there is a Canopy at this end of the tailnet.
pub(super) async fn probe() -> Response {
    Answer::json("[]").into_response()
}
