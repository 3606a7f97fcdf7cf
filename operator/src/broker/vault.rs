//! Credentials that are still good, and one call to Canopy at a time for those that are not.
//!
//! Input: a [`Grant`]. Output: credentials of that group and type, or why there are none; failures are not kept.
//! Must not: hold the repository password.

use super::Grant;
use crate::{
    canopy::{CanopyApi, CanopyError, Endpoint},
    clock::Clock,
    metrics::Metrics,
};
use contract::canopy::{Credentials, CredentialsRequest};
use futures::{
    FutureExt,
    future::{BoxFuture, Shared},
};
use jiff::{SignedDuration, Timestamp};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Credentials are handed out until this long before they end ...
const MARGIN: SignedDuration = SignedDuration::from_mins(2);
/// ... or until four fifths of a shorter life are over.
const MARGIN_SHARE: i32 = 5;

type Answer = Result<Arc<Credentials>, CanopyError>;
type Flight = Shared<BoxFuture<'static, Answer>>;

/// The cache of one broker.
pub(super) struct Vault {
    canopy: Arc<dyn CanopyApi>,
    clock: Arc<dyn Clock>,
    metrics: Metrics,
    slots: Mutex<BTreeMap<Grant, Slot>>,
}

enum Slot {
    /// Good until `until`.
    Held { credentials: Arc<Credentials>, until: Timestamp },
    /// Asked for; everyone who wants them waits for the one answer.
    Flying(Flight),
}

impl Slot {
    fn expiration(&self) -> Option<Timestamp> {
        match self {
            Self::Held { credentials, .. } => Some(credentials.expiration),
            Self::Flying(_) => None,
        }
    }
}

impl Vault {
    pub(super) fn new(canopy: Arc<dyn CanopyApi>, clock: Arc<dyn Clock>, metrics: Metrics) -> Self {
        Self { canopy, clock, metrics, slots: Mutex::default() }
    }

    /// The credentials of `grant`. The call to Canopy goes on when the caller leaves, for the others and the next.
    pub(super) async fn get(self: &Arc<Self>, grant: &Grant) -> Answer {
        let flight = {
            let mut slots = self.slots();
            match slots.get(grant) {
                Some(Slot::Held { credentials, until }) if self.clock.now() < *until => {
                    return Ok(Arc::clone(credentials));
                }
                Some(Slot::Flying(flight)) => flight.clone(),
                _ => self.launch(&mut slots, grant),
            }
        };
        flight.await
    }

    /// Asks Canopy, and drops what has run out meanwhile, so that the cache is as large as the live replicas.
    fn launch(self: &Arc<Self>, slots: &mut BTreeMap<Grant, Slot>, grant: &Grant) -> Flight {
        let now = self.clock.now();
        slots.retain(|_, slot| !matches!(slot, Slot::Held { until, .. } if *until <= now));
        let (vault, key) = (Arc::clone(self), grant.clone());
        let task = tokio::spawn(async move { vault.fetch(key).await });
        let vault = Arc::clone(self);
        let key = grant.clone();
        let flight = async move { task.await.unwrap_or_else(|_| vault.lost(&key)) }.boxed().shared();
        slots.insert(grant.clone(), Slot::Flying(flight.clone()));
        flight
    }

    async fn fetch(&self, grant: Grant) -> Answer {
        let Grant { group, backup_type } = grant.clone();
        let request = CredentialsRequest { group, backup_type, run_id: None };
        let answer = self.canopy.credentials(&request).await;
        let credentials = answer.map(|answer| Arc::new(answer.credentials));
        let mut slots = self.slots();
        match &credentials {
            Ok(credentials) => {
                let until = good_until(self.clock.now(), credentials.expiration);
                slots.insert(grant, Slot::Held { credentials: Arc::clone(credentials), until });
            }
            Err(_) => _ = slots.remove(&grant),
        }
        self.metrics.credentials_expiry(slots.values().filter_map(Slot::expiration).min());
        credentials
    }

    /// The call ended without an answer, as the process is ending.
    fn lost(&self, grant: &Grant) -> Answer {
        self.slots().remove(grant);
        let why = "the call was abandoned".to_owned();
        Err(CanopyError::Unreachable { endpoint: Endpoint::Credentials, why })
    }

    fn slots(&self) -> MutexGuard<'_, BTreeMap<Grant, Slot>> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Until when credentials that were got `now` are handed out.
fn good_until(now: Timestamp, expiration: Timestamp) -> Timestamp {
    let life = expiration.duration_since(now);
    expiration - MARGIN.min(life / MARGIN_SHARE)
}

#[cfg(test)]
mod tests;
