//! What a leader does, from the moment it has won its term: tell Canopy what this cluster can do, and make passes.
//!
//! Input: a term. Output: none; it returns soon after the term is stopping. Must not: carry over from one term to the
//! next what is remembered between passes: meanwhile another operator decided.

use crate::{
    apply::{Applier, Cluster},
    canopy::{CanopyApi, register_until_done},
    clock::Clock,
    lead::Term,
    metrics::Metrics,
    observe::{Index, Inquiry},
    plan::Policy,
    reconcile::{Memory, Reconciler, Why},
    resources::Site,
    task::{self, Interval, Pass},
    tell::{Events, Status},
};
use futures::future::BoxFuture;
use kube::Client;
use std::sync::Arc;
use tokio::sync::watch;

/// What stays the same from term to term.
pub(super) struct Office {
    pub(super) client: Client,
    /// Followed by everyone, so that a new leader need not begin with lists.
    pub(super) index: Index,
    pub(super) canopy: Arc<dyn CanopyApi>,
    pub(super) site: Arc<Site>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) policy: Policy,
    pub(super) interval: Interval,
    pub(super) metrics: Metrics,
    pub(super) status: watch::Sender<Option<Arc<Status>>>,
    /// The operator's own pod, where it is known.
    pub(super) pod: Option<String>,
}

impl Office {
    /// Works until `term` is stopping.
    pub(super) async fn hold(self: Arc<Self>, term: Term) {
        self.status.send_replace(None);
        let stop = term.stopping().clone();
        let (registered, is_registered) = watch::channel(false);
        let passes = Passes(self.reconciler(term, is_registered));
        tokio::join!(
            register_until_done(Arc::clone(&self.canopy), registered, stop.clone()),
            task::run(passes, self.interval, rand::random::<f64>, self.index.changed(), stop),
        );
    }

    fn reconciler(&self, term: Term, registered: watch::Receiver<bool>) -> Reconciler {
        let (client, home) = (self.client.clone(), self.site.home.namespace.clone());
        Reconciler {
            index: self.index.clone(),
            inquiry: Inquiry::new(client.clone()),
            applier: Applier {
                term: term.clone(),
                cluster: Cluster::new(client.clone(), home.clone(), self.index.clone(), term),
                canopy: Arc::clone(&self.canopy),
                site: Arc::clone(&self.site),
                new_passwords: Arc::new(super::site::new_passwords),
            },
            canopy: Arc::clone(&self.canopy),
            clock: Arc::clone(&self.clock),
            policy: self.policy.clone(),
            metrics: self.metrics.clone(),
            events: Events::new(client, self.pod.clone(), home),
            registered,
            status: self.status.clone(),
            memory: Memory::default(),
        }
    }
}

/// The reconciler as the loop knows it.
struct Passes(Reconciler);

impl Pass for Passes {
    fn pass(&mut self, why: Why) -> BoxFuture<'_, bool> {
        Box::pin(self.0.pass(why))
    }
}
