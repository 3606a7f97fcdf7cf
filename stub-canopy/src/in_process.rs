//! The stub without sockets: for tests whose time does not flow, and that must be the same on every run.
//!
//! Input: requests as they would come over a connection, one each. Output: the answers the server gives, or that it
//! hung up. Must not: answer otherwise than over a socket; both go through the same routes.

use crate::{
    config::Config,
    connection::{Connection, Peer},
    faults::FaultRule,
    issuer::Issuer,
    ledger::{Unexpected, VerificationCall},
    routes,
    server::StartError,
    state::Stub,
    worklist::Entry,
};
use axum::{Router, body::Body};
use http::{Request, Response};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

/// The stub closed the connection without an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("failed to get an answer: the stub closed the connection")]
pub struct HungUp;

/// A stub in the same process. Clones are handles on the same one.
#[derive(Clone)]
pub struct InProcess {
    router: Router,
    stub: Arc<Stub>,
}

impl InProcess {
    /// Where `config` would listen, and how TLS would be served, does not matter.
    pub fn new(config: Config) -> Result<Self, StartError> {
        let issuer = Issuer::new(&config).map_err(StartError::SetUpClient)?;
        let stub = Arc::new(Stub::new(config.worklist, issuer, config.clock));
        Ok(Self { router: routes::router(Arc::clone(&stub)), stub })
    }

    /// One request over a connection of its own.
    pub async fn call(&self, mut request: Request<Body>) -> Result<Response<Body>, HungUp> {
        let hang_up = CancellationToken::new();
        request.extensions_mut().insert(Connection { peer: Peer::NotAsked, hang_up: hang_up.clone() });
        let answered = self.router.clone().oneshot(request);
        let Some(Ok(response)) = hang_up.run_until_cancelled(answered).await else { return Err(HungUp) };
        Ok(response)
    }

    /// The declarations from now on.
    pub fn replace_worklist(&self, entries: Vec<Entry>) {
        self.stub.replace_worklist(entries);
    }

    /// One more fault.
    pub fn inject(&self, rule: FaultRule) {
        self.stub.add_fault(rule);
    }

    /// No more faults.
    pub fn clear_faults(&self) {
        self.stub.clear_faults();
    }

    /// Reports, without the first `seen` of them, which count as read.
    pub fn verifications_after(&self, seen: usize) -> Vec<VerificationCall> {
        self.stub.verifications_after(seen)
    }

    /// The calls no correct client makes, taken out of the ledger.
    pub fn take_unexpected(&self) -> Vec<Unexpected> {
        self.stub.take_unexpected()
    }
}
