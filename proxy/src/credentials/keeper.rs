//! The one task that fetches credentials.
//!
//! Input: an [`Issuer`], the clock, refusals in the vault. Output: a vault that is never empty for longer than the
//! issuer is down. Must not: fetch twice at once, hammer the issuer, or give up.

use super::{Issued, Unusable, Vault, broker::BrokerError, refresh::refresh_at};
use crate::{backoff, clock::Clock};
use contract::canopy::Credentials;
use jiff::{SignedDuration, Timestamp};
use std::{future::Future, sync::Arc, time::Duration};

/// Between two fetches at least: S3 may refuse a fresh token for a moment, and the broker serves everyone.
const PACE: SignedDuration = SignedDuration::from_secs(1);
/// The longest sleep before the clock is asked again, so that a stepped clock is noticed.
const NAP: Duration = Duration::from_secs(30);

/// Where credentials come from.
pub trait Issuer {
    /// Asks once, within a deadline of its own.
    fn issue(&self) -> impl Future<Output = Result<Credentials, BrokerError>> + Send;
}

/// Why a fetch yielded nothing.
#[derive(Debug, thiserror::Error)]
enum FetchError {
    #[error(transparent)]
    Ask(BrokerError),
    #[error("the broker's answer is of no use: {0}")]
    Inspect(Unusable),
}

/// Keeps a vault filled.
pub struct Keeper<I> {
    issuer: I,
    vault: Arc<Vault>,
    clock: Clock,
    random: fn() -> f64,
}

impl<I: Issuer> Keeper<I> {
    /// `random` yields numbers in 0..1, for jitter.
    pub fn new(issuer: I, vault: Arc<Vault>, clock: Clock, random: fn() -> f64) -> Self {
        Self { issuer, vault, clock, random }
    }

    /// Runs until it is dropped.
    pub async fn keep(self) {
        let (mut generation, mut failures, mut refusals) = (0, 0, 0);
        loop {
            generation += 1;
            match self.fetch(generation).await {
                Ok(issued) => {
                    failures = 0;
                    refusals = if self.settle(issued, refusals).await { refusals + 1 } else { 0 };
                }
                Err(error) => {
                    failures += 1;
                    self.pause(&error, failures).await;
                }
            }
        }
    }

    async fn fetch(&self, generation: u64) -> Result<Issued, FetchError> {
        let credentials = self.issuer.issue().await.map_err(FetchError::Ask)?;
        Issued::inspect(credentials, generation, self.clock.now()).map_err(FetchError::Inspect)
    }

    /// Hands the credentials out and ends when they are due for renewal, or refused; says whether they were refused.
    async fn settle(&self, issued: Issued, refusals: u32) -> bool {
        let Issued { generation, received_at, expires_at, .. } = issued;
        let due = refresh_at(received_at, expires_at).max(received_at + PACE);
        tracing::info!(credentials.generation = generation, %expires_at, refresh_at = %due, "credentials received");
        self.vault.put(issued);
        tokio::select! {
            () = self.until(due) => false,
            () = self.vault.refused(generation) => {
                self.replace(generation, received_at, refusals).await;
                true
            }
        }
    }

    /// A broker that keeps handing out what S3 refuses is asked ever less often.
    async fn replace(&self, generation: u64, received_at: Timestamp, refusals: u32) {
        tracing::warn!(
            credentials.generation = generation,
            refusals,
            "S3 refused the credentials: fetching others"
        );
        self.until(received_at + PACE).await;
        if refusals > 0 {
            tokio::time::sleep(backoff::BROKER.pause(refusals, (self.random)())).await;
        }
    }

    async fn pause(&self, error: &FetchError, failures: u32) {
        let pause = backoff::BROKER.pause(failures, (self.random)());
        let retry_in_ms = u64::try_from(pause.as_millis()).unwrap_or(u64::MAX);
        tracing::warn!(%error, failures, retry_in_ms, "failed to fetch credentials");
        tokio::time::sleep(pause).await;
    }

    async fn until(&self, due: Timestamp) {
        loop {
            let left = Duration::try_from(due.duration_since(self.clock.now())).unwrap_or_default();
            if left.is_zero() {
                return;
            }
            tokio::time::sleep(left.min(NAP)).await;
        }
    }
}

#[cfg(test)]
mod tests;
