//! One pass: observe, plan, apply, tell.
//!
//! Input: why it runs. Output: whether anything was done. Must not: fail; what goes wrong is logged, counted, shown
//! in the status, and decided anew at the next pass.

mod poll;
mod status;

pub use status::Status;

use poll::Poll;

use crate::{
    apply::{Applied, Applier, ApplyError},
    canopy::{self, CanopyApi},
    clock::Clock,
    metrics::Metrics,
    model::{Attempt, Observed, Replica, Wanted},
    observe::{Blind, Index},
    plan::{self, Guard, Plan, Policy, Step, Worklist},
};
use futures::{StreamExt, stream};
use jiff::Timestamp;
use std::{sync::Arc, time::Duration};
use tokio::sync::watch;

/// Steps taken side by side: one hanging call does not hold up the others.
const SIDE_BY_SIDE: usize = 8;

/// Why a pass runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// It is time: Canopy is asked, too.
    Interval,
    /// Something of ours changed in the cluster.
    Changed,
    /// The pass before did something.
    Progress,
}

/// Everything a pass needs that outlives it.
pub struct Reconciler {
    /// To see the cluster.
    pub index: Index,
    /// To take steps.
    pub applier: Applier,
    /// To read the worklist.
    pub canopy: Arc<dyn CanopyApi>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The numbers decisions turn on.
    pub policy: Policy,
    /// Where machines are told.
    pub metrics: Metrics,
    /// Whether Canopy has acknowledged our capabilities in this process's life.
    pub registered: watch::Receiver<bool>,
    /// Where the last plan and its outcome are shown.
    pub status: watch::Sender<serde_json::Value>,
    /// What is remembered from pass to pass, and lost without harm.
    pub memory: Memory,
}

/// What is remembered from pass to pass; a restart forgets it and only ever delays something.
#[derive(Debug, Default)]
pub struct Memory {
    worklist: Worklist,
    guard: Guard,
    poll: Poll,
}

impl Reconciler {
    /// One pass; true if it took a step, so that another is worth while at once.
    pub async fn pass(&mut self, why: Why) -> bool {
        let started = tokio::time::Instant::now();
        let fresh = self.poll(why).await;
        let now = self.clock.now();
        let (plan, figures) = match self.decide(fresh, now) {
            Ok(decided) => decided,
            Err(blind) => return self.blind(&blind, started.elapsed()),
        };
        let outcomes = self.apply(&plan).await;
        self.remember(&outcomes);
        self.tell(&plan, figures, &outcomes, now, started.elapsed());
        outcomes.iter().any(|(_, outcome)| outcome.is_ok())
    }

    /// What to do about the cluster as it is seen now; a fresh worklist counts for the guard.
    fn decide(&mut self, fresh: bool, now: Timestamp) -> Result<(Plan, Figures), Blind> {
        let (memory, policy) = (&mut self.memory, &self.policy);
        self.index.look(|observed| {
            if fresh {
                memory.guard = memory.guard.after(&memory.worklist, observed, now, &policy.teardown);
            }
            let plan = plan::plan(&memory.worklist, observed, &memory.guard, now, policy);
            (plan, Figures::of(observed))
        })
    }

    /// Asks Canopy for the worklist when it is time, and takes what has come; an error changes nothing.
    async fn poll(&mut self, why: Why) -> bool {
        let is_due = why == Why::Interval && *self.registered.borrow();
        if is_due {
            self.memory.poll.begin(&self.canopy);
        }
        let patience = if is_due { poll::PATIENCE } else { Duration::ZERO };
        let Some(list) = self.memory.poll.answer(patience).await else { return false };
        self.memory.worklist = normalised(list);
        true
    }

    async fn apply(&self, plan: &Plan) -> Vec<(Step, Result<Applied, ApplyError>)> {
        let steps = plan.steps().into_iter().cloned();
        stream::iter(steps.map(|step| async move {
            let outcome = self.applier.take(&step).await;
            (step, outcome)
        }))
        .buffered(SIDE_BY_SIDE)
        .collect()
        .await
    }

    /// Denials are no part of the cluster; they are seen with it all the same.
    fn remember(&self, outcomes: &[(Step, Result<Applied, ApplyError>)]) {
        for (_, outcome) in outcomes {
            if let Ok(Applied::Denied { namespace, run, why }) = outcome {
                self.index.deny(namespace, run.clone(), why.clone());
            }
        }
    }

    fn tell(
        &self,
        plan: &Plan,
        figures: Figures,
        outcomes: &[(Step, Result<Applied, ApplyError>)],
        now: Timestamp,
        took: Duration,
    ) {
        for (step, outcome) in outcomes {
            log(step, outcome);
        }
        self.metrics.restores_in_progress(figures.restores);
        self.metrics.reports_pending(figures.reports);
        self.metrics.teardown_held(self.memory.guard.is_held());
        let failed = outcomes.iter().any(|(_, outcome)| outcome.is_err());
        self.metrics.reconcile(if failed { "error" } else { "ok" }, took);
        self.status.send_replace(Status::of(plan, outcomes, now).to_json());
    }

    fn blind(&self, blind: &Blind, took: Duration) -> bool {
        match blind {
            Blind::NotListed { why: None, .. } => tracing::info!(%blind, "nothing is decided yet"),
            Blind::NotListed { .. } | Blind::Broken { .. } => {
                tracing::error!(%blind, "nothing is decided without a whole picture of the cluster");
            }
        }
        self.metrics.reconcile("error", took);
        false
    }
}

/// What is counted of the cluster.
#[derive(Debug, Clone, Copy)]
struct Figures {
    restores: usize,
    reports: usize,
}

impl Figures {
    fn of(observed: &Observed) -> Self {
        let open = |replica: &&Replica| replica.record.attempt.as_ref().is_some_and(Attempt::is_open);
        Self {
            restores: observed.replicas().filter(open).count(),
            reports: observed.replicas().map(|replica| replica.record.outbox.len()).sum(),
        }
    }
}

/// What Canopy wants, in the planner's terms.
fn normalised(list: canopy::Worklist) -> Worklist {
    for rejected in &list.rejected {
        let key = rejected.key.map(|key| key.to_string()).unwrap_or_default();
        tracing::warn!(replica.key = key, why = rejected.why, "an entry of the worklist is set aside");
    }
    let complete = list.rejected.iter().all(|rejected| rejected.key.is_some());
    let quarantined =
        list.rejected.into_iter().filter_map(|rejected| Some((rejected.key?, rejected.why))).collect();
    Worklist::read(list.entries.iter().map(Wanted::from), quarantined, complete)
}

fn log(step: &Step, outcome: &Result<Applied, ApplyError>) {
    let (name, namespace) = (step.name(), step.namespace());
    match outcome {
        Ok(Applied::Done) => tracing::info!(replica.namespace = %namespace, step = name, "step {name} taken"),
        Ok(Applied::Stale) => {
            tracing::debug!(replica.namespace = %namespace, step = name, "step {name} is decided anew");
        }
        Ok(Applied::Denied { run, why, .. }) => {
            tracing::warn!(replica.namespace = %namespace, run.name = %run, why, "Canopy grants no credentials");
        }
        Err(error) => {
            tracing::warn!(replica.namespace = %namespace, step = name, error = %chain(error), "step {name} failed");
        }
    }
}

/// An error with its sources, in one line.
pub fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(next) = source {
        text = format!("{text}: {next}");
        source = next.source();
    }
    text
}
