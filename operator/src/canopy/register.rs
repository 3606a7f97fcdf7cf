//! Advertises what this cluster can do, once in the life of a process, until Canopy has acknowledged it.
//!
//! Until then Canopy may dispatch nothing at all, so the planner takes no absence from its worklist for a withdrawal.

use super::CanopyApi;
use backon::{BackoffBuilder, ExponentialBuilder};
use contract::{canopy::Capabilities, ids::Intent};
use std::{sync::Arc, time::Duration};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// First pause; Canopy and the operator often start together.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// Longest pause, about the patience of a person who watches.
const LONGEST_PAUSE: Duration = Duration::from_mins(1);

/// Registers until it is done, then sets `registered` and returns; gives up only at `shutdown`.
pub async fn register_until_done(
    api: Arc<dyn CanopyApi>,
    registered: watch::Sender<bool>,
    shutdown: CancellationToken,
) {
    let attempts = attempt_until_done(api.as_ref());
    if shutdown.run_until_cancelled(attempts).await.is_some() {
        registered.send_replace(true);
    }
}

async fn attempt_until_done(api: &dyn CanopyApi) {
    let capabilities = Capabilities { intents: Intent::ALL.to_vec() };
    let pauses = ExponentialBuilder::new()
        .with_min_delay(FIRST_PAUSE)
        .with_max_delay(LONGEST_PAUSE)
        .with_jitter()
        .without_max_times()
        .build();
    for pause in pauses {
        match api.register(&capabilities).await {
            Ok(()) => return tracing::info!("Canopy has acknowledged the capabilities"),
            Err(error) => {
                tracing::warn!(%error, pause.seconds = pause.as_secs(), "capabilities are not registered yet");
            }
        }
        tokio::time::sleep(pause).await;
    }
}

#[cfg(test)]
mod tests {
    use super::super::{CanopyApi, CanopyError, Endpoint, Result, Worklist};
    use super::register_until_done;
    use contract::canopy::{Capabilities, CredentialsAnswer, CredentialsRequest, Verification};
    use futures::future::{BoxFuture, ready};
    use std::sync::{
        Arc,
        atomic::{AtomicU32, Ordering::SeqCst},
    };
    use tokio::sync::watch;
    use tokio_util::sync::CancellationToken;

    /// A Canopy that refuses some registrations, and has nothing else.
    struct Reluctant {
        refusals: u32,
        asked: AtomicU32,
    }

    impl CanopyApi for Reluctant {
        fn register<'a>(&'a self, capabilities: &'a Capabilities) -> BoxFuture<'a, Result<()>> {
            assert_eq!(capabilities.intents.len(), 3);
            let (endpoint, detail) = (Endpoint::Capabilities, String::new());
            let refused = self.asked.fetch_add(1, SeqCst) < self.refusals;
            let upstream = CanopyError::Upstream { endpoint, status: 503, detail };
            Box::pin(ready(if refused { Err(upstream) } else { Ok(()) }))
        }
        fn worklist(&self) -> BoxFuture<'_, Result<Worklist>> {
            unreachable!("registration asks for no worklist")
        }
        fn credentials<'a>(&'a self, _: &'a CredentialsRequest) -> BoxFuture<'a, Result<CredentialsAnswer>> {
            unreachable!("registration asks for no credentials")
        }
        fn report<'a>(&'a self, _: &'a Verification) -> BoxFuture<'a, Result<()>> {
            unreachable!("registration reports nothing")
        }
    }

    fn reluctant(refusals: u32) -> Arc<Reluctant> {
        Arc::new(Reluctant { refusals, asked: AtomicU32::new(0) })
    }

    #[tokio::test(start_paused = true)]
    async fn registration_is_repeated_until_it_is_acknowledged_and_only_then_told() {
        let canopy = reluctant(20);
        let (tell, told) = watch::channel(false);
        register_until_done(canopy.clone(), tell, CancellationToken::new()).await;
        assert_eq!(canopy.asked.load(SeqCst), 21);
        assert!(*told.borrow());
    }

    #[tokio::test(start_paused = true)]
    async fn shutdown_ends_registration_without_telling_that_it_was_done() {
        let (tell, told) = watch::channel(false);
        let shutdown = CancellationToken::new();
        let task = tokio::spawn(register_until_done(reluctant(u32::MAX), tell, shutdown.clone()));
        shutdown.cancel();
        task.await.unwrap();
        assert!(!*told.borrow());
    }
}
