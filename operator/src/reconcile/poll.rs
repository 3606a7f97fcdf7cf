//! The call for the worklist, which passes begin and do not hang on.
//!
//! Input: Canopy. Output: a worklist, once, as soon as it is there. Must not: have two calls under way, or keep a pass
//! from looking at the cluster because Canopy is slow.

use crate::canopy::{CanopyApi, Fingerprint, Heard};
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
    call: Option<(Instant, AbortOnDropHandle<Option<Heard>>)>,
    /// Stands for the list that was handed out last.
    known: Option<Fingerprint>,
}

impl Poll {
    /// Begins a call, unless one is under way.
    pub(super) fn begin(&mut self, canopy: &Arc<dyn CanopyApi>) {
        let (canopy, known) = (Arc::clone(canopy), self.known);
        self.call.get_or_insert_with(|| {
            let call = tokio::spawn(async move { ask(canopy.as_ref(), known).await });
            (Instant::now(), AbortOnDropHandle::new(call))
        });
    }

    /// The list, once, or that it is the one handed out last, if its call has ended or ends within `patience`.
    pub(super) async fn answer(&mut self, patience: Duration) -> Option<Heard> {
        let (began, call) = self.call.as_mut()?;
        let joined = tokio::time::timeout(patience, call).await.ok()?;
        let answer = joined.ok().flatten().filter(|_| began.elapsed() < STALE);
        self.call = None;
        if let Some(Heard::Another(_, fingerprint)) = &answer {
            self.known = *fingerprint;
        }
        answer
    }
}

/// The worklist, unless an error leaves the one before it in force.
async fn ask(canopy: &dyn CanopyApi, known: Option<Fingerprint>) -> Option<Heard> {
    match canopy.worklist_unless(known).await {
        Ok(heard) => {
            if let Heard::Another(list, _) = &heard
                && list.entries.is_empty()
                && list.rejected.is_empty()
            {
                register_again(canopy).await;
            }
            Some(heard)
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
