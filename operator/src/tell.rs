//! What a pass is seen to have done: logs, Kubernetes Events, metrics, `/status.json`.
//!
//! Input: a plan, what it was made from, and what became of its steps. Output: the same, for those who look from
//! outside. Must not: decide, change anything but what is shown, or say at every pass what was said before.

mod before;
mod event;
mod figures;
mod log;
mod news;
mod publish;
mod standing;
mod status;
mod stopwatch;

pub use before::Before;
pub use event::{EventReason, Place};
pub use news::News;
pub use publish::Events;
pub use standing::Standing;
pub use status::Status;

use crate::{
    apply::Taken,
    metrics::Metrics,
    model::Replica,
    plan::{Guard, Plan},
};
use contract::names::NamespaceName;
use jiff::Timestamp;

/// One pass, as it went.
#[derive(Debug, Clone, Copy)]
pub struct Pass<'a> {
    /// What was decided.
    pub plan: &'a Plan,
    /// What the cluster was like.
    pub before: &'a Before,
    /// With which absences in mind.
    pub guard: &'a Guard,
    /// What became of the steps.
    pub outcomes: &'a [Taken],
    /// When.
    pub now: Timestamp,
    /// The operator's own namespace.
    pub home: &'a NamespaceName,
}

impl Pass<'_> {
    /// The replica of a namespace that has a step, as it was before it.
    fn replica(&self, namespace: &NamespaceName) -> Option<&Replica> {
        self.before.replicas.get(namespace)
    }
}

/// Tells logs and metrics of a pass; returns what people are to be told besides.
pub fn tell(pass: &Pass<'_>, standing: &mut Standing, metrics: &Metrics) -> Vec<News> {
    for (step, outcome) in pass.outcomes {
        log::step(pass, step, outcome);
    }
    standing.stopwatch.see(pass);
    figures::count(pass, &standing.stopwatch, metrics);
    let mut all = news::of_steps(pass);
    all.extend(standing.change(news::conditions(pass), pass));
    for news in &all {
        log::news(news);
    }
    all
}

#[cfg(test)]
mod tests;
