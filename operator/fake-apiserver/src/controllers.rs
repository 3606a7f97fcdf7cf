//! What else lives in a cluster: the controllers and the kubelet, as actors a test steps one action at a time.
//!
//! Input: the objects in the server, and a script of what befalls pods. Output: one change for each step, in an order
//! that a seed decides. Must not: act on their own, or look at a clock other than the server's.

mod actor;
mod claims;
mod deployments;
mod events;
mod garbage;
mod jobs;
mod kubelet;
mod namespaces;
mod outcome;
mod pods;
mod status;

pub use outcome::{Messages, Outcome};

use crate::{Object, server::ApiServer};
use actor::Actor;
use std::sync::Arc;

/// What befalls a pod, by what it is.
pub type PodScript = Box<dyn FnMut(&Object) -> Outcome + Send>;

/// Whether admission lets the pod of a Job or Deployment in; if not, in what words.
pub type Admission = dyn Fn(&Object) -> Result<(), String> + Send;

/// Steps in one [`settle`](Controllers::settle) after which something is taken to go round in circles.
const SETTLE_MAX: usize = 100_000;

/// The actors of one cluster.
pub struct Controllers {
    server: ApiServer,
    pods: PodScript,
    admit: Box<Admission>,
    bind: Box<dyn Fn(&Object) -> bool + Send>,
    seed: Option<u64>,
    work: Vec<(Actor, Arc<Object>)>,
    /// What was changed last, and the time, at the last look: of what has not changed since, only what goes by the time
    /// is looked at again.
    idle_at: Option<(u64, jiff::Timestamp)>,
}

impl std::fmt::Debug for Controllers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Controllers")
            .field("seed", &self.seed)
            .field("work", &self.work.len())
            .finish_non_exhaustive()
    }
}

impl Controllers {
    /// Actors who take what there is to do in a fixed order. Pods run as soon as they can, and nothing more.
    pub fn new(server: &ApiServer) -> Self {
        Self {
            server: server.clone(),
            pods: Box::new(|_| Outcome::Running),
            admit: Box::new(|_| Ok(())),
            bind: Box::new(|_| true),
            seed: None,
            work: Vec::new(),
            idle_at: None,
        }
    }

    /// The same, in an order that depends on `seed` alone.
    #[must_use]
    pub fn seeded(self, seed: u64) -> Self {
        Self { seed: Some(seed), ..self }
    }

    /// What befalls each pod from now on. Asked whenever its kubelet looks at it.
    pub fn script(&mut self, pods: impl FnMut(&Object) -> Outcome + Send + 'static) {
        self.pods = Box::new(pods);
        self.idle_at = None;
    }

    /// Which pods admission lets in; the others are refused with these words. Given the Job or Deployment.
    pub fn admit(&mut self, admit: impl Fn(&Object) -> Result<(), String> + Send + 'static) {
        self.admit = Box::new(admit);
        self.idle_at = None;
    }

    /// Which claims get a volume.
    pub fn bind(&mut self, bind: impl Fn(&Object) -> bool + Send + 'static) {
        self.bind = Box::new(bind);
        self.idle_at = None;
    }

    /// What scripts decide has changed: everything is looked at again.
    pub fn look_again(&mut self) {
        self.idle_at = None;
    }

    /// One action of one actor; false: there is nothing to do.
    pub fn step(&mut self) -> bool {
        loop {
            while let Some((actor, object)) = self.next() {
                if self.act(actor, &object) {
                    return true;
                }
            }
            let here = (self.server.stirred(), self.server.now());
            let before = self.idle_at.replace(here);
            if before == Some(here) {
                return false;
            }
            self.look(before.is_some_and(|(stirred, _)| stirred == here.0));
            if self.work.is_empty() {
                return false;
            }
        }
    }

    /// Steps until there is nothing to do; how many there were.
    ///
    /// # Panics
    /// If that never happens.
    #[expect(clippy::panic, reason = "actors that never rest are a mistake in this crate or in a script")]
    pub fn settle(&mut self) -> usize {
        for steps in 0..SETTLE_MAX {
            if !self.step() {
                return steps;
            }
        }
        panic!("the controllers never come to rest");
    }

    fn next(&mut self) -> Option<(Actor, Arc<Object>)> {
        let at = match &mut self.seed {
            _ if self.work.is_empty() => return None,
            None => 0,
            Some(seed) => {
                *seed = scrambled(*seed);
                usize::try_from(*seed >> 33).unwrap_or(0) % self.work.len()
            }
        };
        Some(self.work.remove(at))
    }

    /// Everything that may have something to be done about it; where only time has passed, what goes by the time.
    fn look(&mut self, only_time_has_passed: bool) {
        self.work.clear();
        for actor in Actor::ALL.into_iter().filter(|actor| !only_time_has_passed || actor.goes_by_the_time())
        {
            self.work.extend(actor.objects(&self.server).into_iter().map(|object| (actor, object)));
        }
    }

    /// What `actor` does about an object as it is now; true: it did something.
    fn act(&mut self, actor: Actor, seen: &Object) -> bool {
        let resource = seen.kind().resource;
        let Some(object) = self.server.get(resource, seen.namespace(), seen.name()) else { return false };
        match actor {
            Actor::Namespaces => namespaces::act(&self.server, &object),
            Actor::Claims => claims::act(&self.server, &object, &*self.bind),
            Actor::Jobs => jobs::act(&self.server, &object, &*self.admit),
            Actor::Deployments => deployments::act(&self.server, &object, &*self.admit),
            Actor::Kubelet => kubelet::act(&self.server, &object, &mut self.pods),
            Actor::Garbage => garbage::act(&self.server, &object),
        }
    }
}

/// The next number of a sequence that looks random: Knuth's MMIX.
fn scrambled(seed: u64) -> u64 {
    seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407)
}
