//! One pass: observe, plan, apply, tell.
//!
//! Input: why it runs. Output: whether anything was done. Must not: fail; what goes wrong is logged, counted, shown
//! in the status, and decided anew at the next pass.

mod poll;

use poll::Poll;

use crate::{
    apply::{Applied, Applier, Taken, hindrance},
    canopy::{self, CanopyApi, Heard},
    clock::Clock,
    lead::Late,
    metrics::Metrics,
    model::{Hindrance, Wanted},
    observe::{Blind, Index, Inquiry, inquiry},
    plan::{self, Guard, Moment, Plan, Policy, Worklist},
    tell::{self, Before, Events, Pass, Standing, Status},
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

impl Why {
    fn as_str(self) -> &'static str {
        match self {
            Self::Interval => "interval",
            Self::Changed => "changed",
            Self::Progress => "progress",
        }
    }
}

/// Everything a pass needs that outlives it.
pub struct Reconciler {
    /// To see the cluster.
    pub index: Index,
    /// To learn what the picture does not say.
    pub inquiry: Inquiry,
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
    /// Where people are told.
    pub events: Events,
    /// Whether Canopy has acknowledged our capabilities in this process's life.
    pub registered: watch::Receiver<bool>,
    /// Where the last plan and its outcome are shown.
    pub status: watch::Sender<Option<Arc<Status>>>,
    /// What is remembered from pass to pass, and lost without harm.
    pub memory: Memory,
}

/// What is remembered from pass to pass. A restart forgets it, which delays something or, of the guard's window, what
/// was gone already.
#[derive(Debug, Default)]
pub struct Memory {
    worklist: Worklist,
    guard: Guard,
    /// Since when the cluster is seen, and so something can be done, without a break.
    acting_since: Option<Timestamp>,
    poll: Poll,
    standing: Standing,
}

impl Reconciler {
    /// One pass; true if it took a step, so that another is worth while at once.
    pub async fn pass(&mut self, why: Why) -> bool {
        let started = tokio::time::Instant::now();
        let fresh = self.poll(why).await;
        self.inquire().await;
        let (plan, before, now) = match self.decide(fresh) {
            Ok(decided) => decided,
            Err(blind) => {
                self.memory.acting_since = None;
                return self.blind(why, &blind, started.elapsed());
            }
        };
        let outcomes = self.apply(&plan).await;
        let learnt = self.remember(&outcomes, now);
        self.tell(&plan, &before, &outcomes, now).await;
        let failed = outcomes.iter().any(|(_, outcome)| outcome.is_err());
        let result = if failed { "error" } else { "ok" };
        self.metrics.reconcile(why.as_str(), result, started.elapsed());
        // What was decided on a picture that is out of date is decided anew when the picture changes, not at once.
        let moved = |(_, outcome): &Taken| matches!(outcome, Ok(Applied::Done));
        learnt || outcomes.iter().any(moved)
    }

    /// Asks why Jobs make no pods; what is told is part of the picture.
    async fn inquire(&mut self) {
        let clock = &self.clock;
        let Ok(riddles) = self.index.look(|observed| inquiry::riddles(observed, clock.now())) else { return };
        for ((namespace, job), trouble) in self.inquiry.ask(riddles).await {
            self.index.explain(&namespace, job, trouble);
        }
    }

    /// What to do about the cluster as it is seen now, and when that is; a fresh worklist counts for the guard. The
    /// clock is not asked before the cluster is seen: from its answers it learns what time it is there.
    fn decide(&mut self, fresh: bool) -> Result<(Arc<Plan>, Before, Timestamp), Blind> {
        let (memory, policy, clock) = (&mut self.memory, &self.policy, &self.clock);
        self.index.look(|observed| {
            let now = clock.now();
            if fresh {
                memory.guard = memory.guard.after(&memory.worklist, observed, now, &policy.teardown);
            }
            let moment = Moment { now, acting_since: *memory.acting_since.get_or_insert(now) };
            let plan = Arc::new(plan::plan(&memory.worklist, observed, &memory.guard, moment, policy));
            let before = Before::of(observed, &memory.worklist, &plan, now, policy);
            (plan, before, now)
        })
    }

    /// Asks Canopy for the worklist when it is time, and takes what has come; an error changes nothing.
    async fn poll(&mut self, why: Why) -> bool {
        let is_due = why == Why::Interval && *self.registered.borrow();
        if is_due {
            self.memory.poll.begin(&self.canopy);
        }
        let patience = if is_due { poll::PATIENCE } else { Duration::ZERO };
        match self.memory.poll.answer(patience).await {
            Some(Heard::Another(list, _)) => self.memory.worklist = normalised(list),
            Some(Heard::Same) => {}
            None => return false,
        }
        true
    }

    async fn apply(&self, plan: &Plan) -> Vec<Taken> {
        let steps = plan.steps().into_iter().cloned();
        stream::iter(steps.map(|step| async move {
            let outcome = self.applier.take(&step).await;
            (step, outcome)
        }))
        .buffer_unordered(SIDE_BY_SIDE)
        .collect()
        .await
    }

    /// What hinders a run is no part of the cluster; it is seen with it all the same. True if any of it is news that
    /// ends an attempt: the same refusal again is no reason for another pass at once.
    fn remember(&self, outcomes: &[Taken], now: Timestamp) -> bool {
        let mut learnt = false;
        for (step, outcome) in outcomes {
            let Some(run) = step.run() else { continue };
            let hinder = |trouble, passing| {
                let hindrance = Hindrance { run: run.clone(), trouble, since: now, passing };
                self.index.hinder(step.namespace(), hindrance)
            };
            match outcome {
                Ok(Applied::Done) => self.index.unhinder(step.namespace(), run),
                Ok(Applied::Hindered { trouble, .. }) => learnt |= hinder(trouble.clone(), false),
                Err(error) => drop(hinder(hindrance::passing(error), true)),
                Ok(Applied::Stale | Applied::Refused { .. }) => {}
            }
        }
        learnt
    }

    async fn tell(&mut self, plan: &Arc<Plan>, before: &Before, outcomes: &[Taken], now: Timestamp) {
        let Memory { guard, standing, .. } = &mut self.memory;
        let home = &self.applier.site.home.namespace;
        let pass = Pass { plan, before, guard, outcomes, now, home };
        self.status.send_replace(Some(Arc::new(Status::of(&pass, Arc::clone(plan)))));
        let news = tell::tell(&pass, standing, &self.metrics);
        // Who leads by now tells of it, should this one lead no more.
        let _: Result<(), Late> = self.applier.term.call(self.events.publish(news)).await;
    }

    fn blind(&self, why: Why, blind: &Blind, took: Duration) -> bool {
        match blind {
            Blind::NotListed { why: None, .. } => tracing::info!(%blind, "nothing is decided yet"),
            Blind::NotListed { .. } | Blind::Broken { .. } => {
                tracing::error!(%blind, "nothing is decided without a whole picture of the cluster");
            }
        }
        self.metrics.reconcile(why.as_str(), "error", took);
        false
    }
}

/// What Canopy wants, in the planner's terms.
pub fn normalised(list: canopy::Worklist) -> Worklist {
    for rejected in &list.rejected {
        let key = rejected.key.map(|key| key.to_string()).unwrap_or_default();
        tracing::warn!(replica.key = key, why = rejected.why, "an entry of the worklist is set aside");
    }
    let complete = list.rejected.iter().all(|rejected| rejected.key.is_some());
    let quarantined =
        list.rejected.into_iter().filter_map(|rejected| Some((rejected.key?, rejected.why))).collect();
    Worklist::read(list.entries.iter().map(Wanted::from), quarantined, complete)
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
