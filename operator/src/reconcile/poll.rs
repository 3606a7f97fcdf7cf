//! The call for the worklist, which passes begin and do not hang on.
//!
//! Input: Canopy. Output: a worklist, once, as soon as it is there. Must not: have two calls under way, or keep a pass
//! from looking at the cluster because Canopy is slow.

use crate::canopy::{CanopyApi, Worklist};
use contract::{canopy::Capabilities, ids::Intent};
use std::{sync::Arc, time::Duration};
use tokio::time::Instant;
use tokio_util::task::AbortOnDropHandle;

/// A Canopy that is well answers within it, and its list is acted on in the pass that asked for it.
pub(super) const PATIENCE: Duration = Duration::from_secs(2);
/// An answer nobody took for so long is not the state of now any more.
const STALE: Duration = Duration::from_mins(1);

/// At most one call, under way or ended.
#[derive(Debug, Default)]
pub(super) struct Poll {
    call: Option<(Instant, AbortOnDropHandle<Option<Worklist>>)>,
}

impl Poll {
    /// Begins a call, unless one is under way.
    pub(super) fn begin(&mut self, canopy: &Arc<dyn CanopyApi>) {
        let canopy = Arc::clone(canopy);
        self.call.get_or_insert_with(|| {
            let call = tokio::spawn(async move { ask(canopy.as_ref()).await });
            (Instant::now(), AbortOnDropHandle::new(call))
        });
    }

    /// The list, once, if its call has ended or ends within `patience`.
    pub(super) async fn answer(&mut self, patience: Duration) -> Option<Worklist> {
        let (began, call) = self.call.as_mut()?;
        let joined = tokio::time::timeout(patience, call).await.ok()?;
        let answer = joined.ok().flatten().filter(|_| began.elapsed() < STALE);
        self.call = None;
        answer
    }
}

/// The worklist, unless an error leaves the one before it in force.
async fn ask(canopy: &dyn CanopyApi) -> Option<Worklist> {
    match canopy.worklist().await {
        Ok(list) => {
            if list.entries.is_empty() && list.rejected.is_empty() {
                register_again(canopy).await;
            }
            Some(list)
        }
        Err(error) => {
            tracing::warn!(%error, "the worklist before it stays in force");
            None
        }
    }
}

/// An empty list may mean that Canopy has lost what we advertised: it is told again.
async fn register_again(canopy: &dyn CanopyApi) {
    if let Err(error) = canopy.register(&Capabilities { intents: Intent::ALL.to_vec() }).await {
        tracing::warn!(%error, "the worklist is empty, and the capabilities could not be registered again");
    }
}

#[cfg(test)]
mod tests;
