//! One picture of the cluster in memory, fed by one list and one watch of each kind.
//!
//! Input: events of the watches, and what the applier has just written. Output: for each pass a consistent
//! [`Observed`], or the reason why there is none; a nudge when something changed. Must not: keep whole objects, call
//! the API server for a pass, or show a part of the cluster as if it were all.

mod feed;
mod followed;
mod gate;
mod held;
mod kind;
mod progress;
mod shelf;
mod state;

pub use feed::PAGE;
#[cfg(test)]
pub(super) use followed::Followed;
pub(super) use held::Held;
pub use kind::Kind;
pub use progress::Blind;
pub(super) use state::State;

use crate::{
    model::{Hindrance, Observed, Trouble},
    observe::inquiry::RunJob,
};
use contract::names::{NamespaceName, RunName};
use kube::{Client, Resource, ResourceExt};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::{sync::Notify, time::Instant};

/// The picture; copies share it.
#[derive(Clone, Default)]
pub struct Index(Arc<Shared>);

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Arc<Notify>,
    /// By kind: a list anew is asked for.
    relist: [Notify; Kind::ALL.len()],
}

impl Index {
    /// Follows the installation that lives in `home`; ends never by itself.
    pub async fn follow(&self, client: Client, home: &NamespaceName) {
        feed::all(self, &client, &super::ours(home)).await;
    }

    /// Lets `read` see the cluster, unless a part of it is unknown.
    pub fn look<R>(&self, read: impl FnOnce(&Observed) -> R) -> Result<R, Blind> {
        let mut state = self.state();
        let seen = state.look(Instant::now()).map(read);
        for kind in state.relists() {
            self.0.relist[kind as usize].notify_one();
        }
        seen
    }

    /// Told after each change of what is seen.
    pub fn changed(&self) -> Arc<Notify> {
        Arc::clone(&self.0.changed)
    }

    /// `object` was just written, or found as it was written before: until that is seen nothing is decided there.
    pub fn wrote<K: Resource<DynamicType = ()>>(&self, object: &K) {
        let Some(kind) = Kind::of::<K>() else { return };
        let Some(namespace) = kind.place(object) else { return };
        let version = object.resource_version().unwrap_or_default();
        self.state().gate.wrote(namespace, kind, &version, Instant::now());
    }

    /// The object `name` was just deleted: until that is seen nothing is decided there.
    pub fn deleted<K: Resource<DynamicType = ()>>(&self, namespace: &NamespaceName, name: &str) {
        if let Some(kind) = Kind::of::<K>() {
            self.state().gate.deleted(namespace.clone(), kind, name, Instant::now());
        }
    }

    /// A run does not get on: known as long as it is at work and this process lives. True if it is news.
    pub fn hinder(&self, namespace: &NamespaceName, hindrance: Hindrance) -> bool {
        self.state().hinder(namespace, hindrance)
    }

    /// The cluster has told why `job` makes no pod.
    pub fn explain(&self, namespace: &NamespaceName, job: RunJob, trouble: Trouble) {
        self.state().explain(namespace, job, trouble);
    }

    /// What hindered `run` does so no longer.
    pub fn unhinder(&self, namespace: &NamespaceName, run: &RunName) {
        self.state().unhinder(namespace, run);
    }

    /// A panic under the lock leaves a picture that the next list mends.
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
