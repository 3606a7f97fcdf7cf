//! Each kind that is followed: what is kept of an object, and where.

use super::{Held, Kind, held::Tag};
use crate::observe::{
    namespace, pod, postgres, restore, slim,
    wire::{Claim, Deployment, Job, Namespace, Pod, Service},
};
use contract::names::{RunName, labels, objects};
use kube::{Resource, ResourceExt};
use serde::de::DeserializeOwned;
use std::fmt::Debug;

/// An object of a kind that is followed. Those that bear another name than their run gives them are not ours to judge
/// and stay out of the picture.
pub(in crate::observe) trait Followed:
    Resource<DynamicType = ()> + Clone + DeserializeOwned + Debug + Send + Sync + 'static
{
    /// Which.
    const KIND: Kind;

    /// Holds what matters of it, as seen in `list`; whether that changed anything.
    fn put(&self, held: &mut Held, list: u32) -> bool;

    /// Holds it no longer; whether it was held.
    fn remove(&self, held: &mut Held) -> bool;
}

/// Labels and annotations, and who it waits for on its way out.
impl Followed for Namespace {
    const KIND: Kind = Kind::Namespace;

    fn put(&self, held: &mut Held, list: u32) -> bool {
        let Some(name) = Kind::Namespace.place(self) else { return false };
        held.namespace = Some(Tag { list, news: Some(Box::new(namespace::seen(&name, self))) });
        true
    }

    fn remove(&self, held: &mut Held) -> bool {
        held.namespace.take().is_some()
    }
}

/// That a volume is there is all that matters of it.
impl Followed for Claim {
    const KIND: Kind = Kind::Claim;

    fn put(&self, held: &mut Held, list: u32) -> bool {
        match run(self, RunName::pvc) {
            Some(run) => held.claims.put(run, slim::Claim { going: pod::is_going(self) }, list),
            None => self.remove(held),
        }
    }

    fn remove(&self, held: &mut Held) -> bool {
        let name = self.name_any();
        held.claims.remove(|run| run.pvc() == name)
    }
}

impl Followed for Job {
    const KIND: Kind = Kind::Job;

    fn put(&self, held: &mut Held, list: u32) -> bool {
        if let Some(run) = run(self, RunName::job) {
            return held.jobs.put(run, restore::of_job(self), list);
        }
        match run(self, RunName::sizing_job) {
            Some(run) => held.sizings.put(run, restore::of_job(self), list),
            None => self.remove(held),
        }
    }

    fn remove(&self, held: &mut Held) -> bool {
        let name = self.name_any();
        held.jobs.remove(|run| run.job() == name) | held.sizings.remove(|run| run.sizing_job() == name)
    }
}

impl Followed for Deployment {
    const KIND: Kind = Kind::Deployment;

    fn put(&self, held: &mut Held, list: u32) -> bool {
        match run(self, RunName::deployment) {
            Some(run) => held.deployments.put(run, postgres::of_deployment(self), list),
            None => self.remove(held),
        }
    }

    fn remove(&self, held: &mut Held) -> bool {
        let name = self.name_any();
        held.deployments.remove(|run| run.deployment() == name)
    }
}

impl Followed for Pod {
    const KIND: Kind = Kind::Pod;

    fn put(&self, held: &mut Held, list: u32) -> bool {
        match pod::slim(self) {
            Some(pod) => held.pods.put(self.name_any().into_boxed_str(), pod, list),
            None => self.remove(held),
        }
    }

    fn remove(&self, held: &mut Held) -> bool {
        let gone = self.name_any();
        held.pods.remove(|name| **name == *gone)
    }
}

impl Followed for Service {
    const KIND: Kind = Kind::Service;

    fn put(&self, held: &mut Held, list: u32) -> bool {
        if self.name_any() != objects::SERVICE {
            return false;
        }
        let selected = self.spec.as_ref().and_then(|spec| spec.selector.as_ref()?.get(labels::RUN));
        held.services.put((), slim::Service { run: selected.and_then(|run| run.parse().ok()) }, list)
    }

    fn remove(&self, held: &mut Held) -> bool {
        self.name_any() == objects::SERVICE && held.services.remove(|()| true)
    }
}

fn run(object: &impl ResourceExt, name: fn(&RunName) -> String) -> Option<RunName> {
    pod::run_of(object).filter(|run| object.meta().name.as_ref() == Some(&name(run)))
}
