//! A Canopy that is left alone after it failed.
//!
//! Input: calls. Output: what Canopy answers, or at once that it is not asked now. Must not: wait; who calls decides
//! when to call again, and passes over the cluster must not hang on a Canopy that hangs.

use super::{
    CanopyApi, CanopyError, Endpoint, Fingerprint, Heard, Result, Worklist,
    pace::{Paces, Subject},
};
use crate::metrics::Metrics;
use contract::{
    canopy::{Capabilities, CredentialsAnswer, CredentialsRequest, Verification},
    ids::GroupId,
};
use futures::future::BoxFuture;
use std::{
    future::Future,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::time::Instant;

/// Another Canopy, with pauses.
pub struct PacedCanopy<C> {
    inner: C,
    paces: Mutex<Paces>,
    random: fn() -> f64,
    metrics: Metrics,
}

/// What the metric of open circuit breakers calls Canopy.
const TARGET: &str = "canopy";

impl<C: CanopyApi> PacedCanopy<C> {
    /// `inner`, with pauses of up to `longest` that are jittered by `random`, from 0 to 1.
    pub fn new(inner: C, longest: Duration, random: fn() -> f64, metrics: Metrics) -> Self {
        metrics.circuit_breaker(TARGET, false);
        Self { inner, paces: Mutex::new(Paces::up_to(longest)), random, metrics }
    }

    fn paces(&self) -> MutexGuard<'_, Paces> {
        self.paces.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn paced<T>(
        &self,
        endpoint: Endpoint,
        group: Option<GroupId>,
        call: impl Future<Output = Result<T>>,
    ) -> Result<T> {
        let subject = Subject::Endpoint(endpoint, group);
        if let Some(wait) = self.paces().wait(subject, Instant::now()) {
            return Err(CanopyError::Paused { endpoint, wait });
        }
        let result = call.await;
        let mut paces = self.paces();
        paces.ended(subject, result.as_ref().err(), (self.random)(), Instant::now());
        self.metrics.circuit_breaker(TARGET, paces.is_canopy_paused());
        result
    }
}

impl<C: CanopyApi> CanopyApi for PacedCanopy<C> {
    fn register<'a>(&'a self, capabilities: &'a Capabilities) -> BoxFuture<'a, Result<()>> {
        Box::pin(self.paced(Endpoint::Capabilities, None, self.inner.register(capabilities)))
    }

    fn worklist(&self) -> BoxFuture<'_, Result<Worklist>> {
        Box::pin(self.paced(Endpoint::Worklist, None, self.inner.worklist()))
    }

    fn worklist_unless(&self, known: Option<Fingerprint>) -> BoxFuture<'_, Result<Heard>> {
        Box::pin(self.paced(Endpoint::Worklist, None, self.inner.worklist_unless(known)))
    }

    fn credentials<'a>(
        &'a self,
        request: &'a CredentialsRequest,
    ) -> BoxFuture<'a, Result<CredentialsAnswer>> {
        Box::pin(self.paced(Endpoint::Credentials, Some(request.group), self.inner.credentials(request)))
    }

    fn report<'a>(&'a self, verification: &'a Verification) -> BoxFuture<'a, Result<()>> {
        Box::pin(self.paced(
            Endpoint::Verification,
            Some(verification.group),
            self.inner.report(verification),
        ))
    }
}
