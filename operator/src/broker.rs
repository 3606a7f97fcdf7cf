//! The broker: hands a restore pod the S3 credentials of its own replica, and takes the traffic figures of its proxy.
//!
//! Input: requests with a projected `ServiceAccount` token. Output: credentials (never the repository password), or a
//! constant refusal. Must not: take from a request who is asking; that comes from the token and the cluster alone.

mod answer;
mod authorise;
mod identify;
mod known;
mod progress;
mod reviewer;
mod routes;
mod stats;
mod token;
mod turnstile;
mod vault;

pub use authorise::{Caller, Denied, Grant, authorise, authorise_stats};
pub use reviewer::{KubeReviewer, ReviewError, ReviewResult, Reviewer};
pub use routes::{router, stats_router};
pub use stats::{KubeStatsSink, SinkError, StatsSink};

use authorise::comes_from;

use crate::{canopy::CanopyApi, clock::Clock, metrics::Metrics};
use contract::names::NamespaceName;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// Token reviews at a time, so that a pod that floods the broker does not flood the API server.
const MAX_REVIEWS: usize = 16;

/// What both endpoints are answered from.
pub struct Broker {
    home: NamespaceName,
    reviewer: Arc<dyn Reviewer>,
    reviews: Semaphore,
    turnstile: turnstile::Turnstile,
    known: known::Known,
    check_source: bool,
    sink: Arc<dyn StatsSink>,
    shows: progress::Shows,
    vault: Arc<vault::Vault>,
    clock: Arc<dyn Clock>,
    metrics: Metrics,
}

impl Broker {
    /// The broker of the installation in `home`. It asks `reviewer` who is asking and `canopy` for what they may have.
    /// With `check_source` a token counts only where it comes from its pod's own address.
    pub fn new(
        home: NamespaceName,
        canopy: Arc<dyn CanopyApi>,
        reviewer: Arc<dyn Reviewer>,
        sink: Arc<dyn StatsSink>,
        clock: Arc<dyn Clock>,
        metrics: Metrics,
        check_source: bool,
    ) -> Arc<Self> {
        let vault = Arc::new(vault::Vault::new(canopy, Arc::clone(&clock), metrics.clone()));
        let reviews = Semaphore::new(MAX_REVIEWS);
        let (turnstile, known, shows) = Default::default();
        Arc::new(Self {
            home,
            reviewer,
            reviews,
            turnstile,
            known,
            check_source,
            sink,
            shows,
            vault,
            clock,
            metrics,
        })
    }
}
