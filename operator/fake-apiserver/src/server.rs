//! The server: one state behind one lock, never held while anything is waited for.

mod answer;
mod handle;
mod inner;
mod raw;
mod serve;

use crate::{audit::Audit, faults::Faults, store::Store};
use jiff::Timestamp;
use serde_json::Value;
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::{Notify, futures::Notified, watch};

/// Tells the time that stamps carry.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// A Kubernetes API server. Clones are handles on the same one.
#[derive(Clone)]
pub struct ApiServer {
    pub(crate) shared: Arc<Shared>,
}

/// What handles, calls and watches share.
pub(crate) struct Shared {
    state: Mutex<State>,
    clock: Clock,
    /// Wakes watches in the order in which they wait.
    changed: Notify,
    deaths: watch::Sender<u64>,
}

/// Everything that changes.
pub(crate) struct State {
    pub(crate) store: Store,
    pub(crate) faults: Faults,
    pub(crate) audit: Audit,
    /// What a TokenReview says, by token.
    pub(crate) tokens: BTreeMap<String, Value>,
    /// Watches begun before this are too old.
    pub(crate) epoch: u64,
    /// Watches begun before this are cut.
    pub(crate) broken_epoch: u64,
}

impl Shared {
    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What changes from now on ends this wait.
    pub(crate) fn changed(&self) -> Notified<'_> {
        self.changed.notified()
    }

    fn now(&self) -> String {
        (self.clock)().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
    }
}

impl ApiServer {
    /// An empty cluster whose stamps `clock` tells.
    pub fn new(clock: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        Self::of(Store::new(), BTreeMap::new(), Arc::new(clock))
    }

    /// Another cluster, in which there is what is in this one now, and whose stamps `clock` tells: from here on each goes
    /// its own way. Nobody has called it yet, and nothing befalls who does.
    #[must_use]
    pub fn fork(&self, clock: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        let state = self.shared.lock();
        Self::of(state.store.clone(), state.tokens.clone(), Arc::new(clock))
    }

    fn of(store: Store, tokens: BTreeMap<String, Value>, clock: Clock) -> Self {
        let state = State {
            store,
            faults: Faults::default(),
            audit: Audit::default(),
            tokens,
            epoch: 0,
            broken_epoch: 0,
        };
        let shared =
            Shared { state: Mutex::new(state), clock, changed: Notify::new(), deaths: watch::Sender::new(0) };
        Self { shared: Arc::new(shared) }
    }

    /// Changes the script.
    pub fn faults<R>(&self, change: impl FnOnce(&mut Faults) -> R) -> R {
        let changed = change(&mut self.shared.lock().faults);
        self.shared.changed.notify_waiters();
        changed
    }

    /// Reads the record of calls.
    pub fn audit<R>(&self, read: impl FnOnce(&Audit) -> R) -> R {
        read(&self.shared.lock().audit)
    }

    /// Forgets the calls so far.
    pub fn clear_audit(&self) {
        self.shared.lock().audit = Audit::default();
    }

    /// Returns when a caller has died of a fault since this was called.
    pub fn death(&self) -> impl Future<Output = ()> + Send + use<> {
        let mut deaths = self.shared.deaths.subscribe();
        async move {
            // The sender lives as long as any handle; without one there is nobody left to die.
            let _told = deaths.changed().await;
        }
    }
}
