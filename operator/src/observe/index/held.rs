//! What is held of one namespace.

use super::{Kind, shelf::Shelf};
use crate::{
    model::{Hindrance, Seen, Trouble},
    observe::{inquiry::RunJob, slim},
};
use contract::names::RunName;

/// Slim values of its objects, by the runs they belong to.
#[derive(Debug, Default)]
pub(in crate::observe) struct Held {
    /// The namespace itself; its value is moved into the picture when that is next looked at.
    pub(super) namespace: Option<Tag>,
    pub(in crate::observe) claims: Shelf<RunName, slim::Claim>,
    pub(in crate::observe) sizings: Shelf<RunName, slim::Job>,
    pub(in crate::observe) jobs: Shelf<RunName, slim::Job>,
    pub(in crate::observe) deployments: Shelf<RunName, slim::Deployment>,
    pub(in crate::observe) pods: Shelf<Box<str>, slim::Pod>,
    pub(in crate::observe) services: Shelf<(), slim::Service>,
    pub(in crate::observe) hindered: Option<Box<Hindrance>>,
    /// Why a run's Job makes no pod.
    pub(in crate::observe) riddle: Option<Box<(RunJob, Trouble)>>,
}

/// The namespace object.
#[derive(Debug)]
pub(super) struct Tag {
    /// The list it was last seen in.
    pub(super) list: u32,
    /// What it is, where that is news.
    pub(super) news: Option<Box<Seen>>,
}

impl Held {
    /// Removes objects of `kind` that were not seen in `list` or since; whether there were any.
    pub(super) fn sweep(&mut self, kind: Kind, list: u32) -> bool {
        match kind {
            Kind::Namespace => self.namespace.take_if(|tag| tag.list < list).is_some(),
            Kind::Claim => self.claims.sweep(list),
            Kind::Job => self.jobs.sweep(list) | self.sizings.sweep(list),
            Kind::Deployment => self.deployments.sweep(list),
            Kind::Pod => self.pods.sweep(list),
            Kind::Service => self.services.sweep(list),
        }
    }

    /// Whether the object `name` of `kind` is there.
    pub(super) fn holds(&self, kind: Kind, name: &str) -> bool {
        match kind {
            Kind::Namespace => self.namespace.is_some(),
            Kind::Claim => self.claims.holds(|run| run.pvc() == name),
            Kind::Job => {
                self.jobs.holds(|run| run.job() == name) || self.sizings.holds(|run| run.sizing_job() == name)
            }
            Kind::Deployment => self.deployments.holds(|run| run.deployment() == name),
            Kind::Pod => self.pods.holds(|pod| **pod == *name),
            Kind::Service => self.services.holds(|()| true),
        }
    }

    /// Whether nothing is held.
    pub(super) fn is_empty(&self) -> bool {
        let Self { namespace, claims, sizings, jobs, deployments, pods, services, hindered: _, riddle: _ } =
            self;
        namespace.is_none()
            && claims.is_empty()
            && sizings.is_empty()
            && jobs.is_empty()
            && deployments.is_empty()
            && pods.is_empty()
            && services.is_empty()
    }
}
