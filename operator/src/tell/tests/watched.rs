//! The planner's model cluster, and what its passes are seen to do.

use crate::{
    apply::{Applied, ApplyError, Taken},
    metrics::Metrics,
    model::{JobPhase, PostgresPhase, Reason, Trouble, Wanted},
    plan::{
        Plan, Step,
        tests::sim::{Sim, sound},
    },
    tell::{Before, EventReason, News, Pass, Standing, Status, tell},
};
use contract::{
    names::NamespaceName,
    pods::{PrepareReport, Restored},
};
use std::sync::{Arc, LazyLock};

/// How a step ends; none: it is done.
pub(super) type Ends = fn(&Step) -> Option<Result<Applied, ApplyError>>;

pub(super) struct Watched {
    pub(super) sim: Sim,
    pub(super) metrics: Metrics,
    pub(super) told: Vec<News>,
    standing: Standing,
}

impl Watched {
    pub(super) fn new(entries: impl IntoIterator<Item = Wanted>) -> Self {
        Self {
            sim: Sim::new(entries),
            metrics: Metrics::default(),
            told: Vec::new(),
            standing: Standing::default(),
        }
    }

    /// A replica that serves its first snapshot, and whose beginnings nobody has watched.
    pub(super) fn serving(entry: &Wanted) -> Self {
        Self { sim: Sim::serving(entry), ..Self::new([]) }
    }

    /// One pass whose steps all succeed; how many there were.
    pub(super) fn pass(&mut self) -> usize {
        self.pass_that(|_| None)
    }

    /// One pass whose steps end so.
    pub(super) fn pass_that(&mut self, ends: Ends) -> usize {
        let plan = self.sim.plan();
        let before = before(&self.sim, &plan);
        let outcomes: Vec<Taken> = plan.steps().into_iter().map(|step| self.take(step, ends)).collect();
        let pass = pass(&self.sim, &plan, &before, &outcomes);
        self.told.extend(tell(&pass, &mut self.standing, &self.metrics));
        outcomes.len()
    }

    fn take(&mut self, step: &Step, ends: Ends) -> Taken {
        let outcome = ends(step).unwrap_or(Ok(Applied::Done));
        if matches!(outcome, Ok(Applied::Done | Applied::Refused { .. })) {
            self.sim.take(step.clone());
        }
        (step.clone(), outcome)
    }

    /// Passes until there is nothing to do.
    pub(super) fn settle(&mut self) {
        while self.pass() > 0 {}
    }

    /// A pass with this plan, which has no steps.
    pub(super) fn sees(&mut self, plan: &Plan) {
        let before = before(&self.sim, plan);
        let pass = pass(&self.sim, plan, &before, &[]);
        self.told.extend(tell(&pass, &mut self.standing, &self.metrics));
    }

    /// What the next pass would show, all its steps still to be taken.
    pub(super) fn status(&self) -> serde_json::Value {
        self.status_of(&[])
    }

    /// What is shown of a pass whose one step ended so.
    pub(super) fn status_after(&self, outcome: Result<Applied, ApplyError>) -> serde_json::Value {
        let plan = self.sim.plan();
        let taken = [(plan.steps()[0].clone(), outcome)];
        self.status_of(&taken)
    }

    fn status_of(&self, taken: &[Taken]) -> serde_json::Value {
        let plan = Arc::new(self.sim.plan());
        let before = before(&self.sim, &plan);
        let status = Status::of(&pass(&self.sim, &plan, &before, taken), Arc::clone(&plan));
        serde_json::to_value(status).unwrap()
    }

    /// From a restore that has been started to a database that serves, and is described so.
    pub(super) fn comes_up(&mut self, entry: &Wanted, report: PrepareReport) {
        let attempt = self.sim.replica(&entry.namespace).record.attempt.clone().unwrap();
        let run = |sim: &mut Sim| {
            let run = sim.replica_mut(&entry.namespace).runs.remove(&attempt.run()).unwrap();
            (attempt.run(), run)
        };
        self.sim.pass(60);
        let (name, mut restored) = run(&mut self.sim);
        restored.job.as_mut().unwrap().phase = JobPhase::Restored(Restored {
            snapshot_id: attempt.snapshot.parse().unwrap(),
            data_dir: "restored".parse().unwrap(),
            postgres_major: 15,
            files: 1,
            bytes: 1,
        });
        self.sim.replica_mut(&entry.namespace).runs.insert(name, restored);
        self.settle();
        self.sim.pass(30);
        let (name, mut ready) = run(&mut self.sim);
        ready.postgres.as_mut().unwrap().phase = PostgresPhase::Ready(report.into());
        self.sim.replica_mut(&entry.namespace).runs.insert(name, ready);
        self.settle();
    }

    /// The restore in progress fails.
    pub(super) fn fails(&mut self, entry: &Wanted) {
        self.loses_its_pod(entry);
        self.settle();
    }

    /// The restore in progress has ended without a result.
    pub(super) fn loses_its_pod(&mut self, entry: &Wanted) {
        self.sim.policy.resumes_max = 0;
        let run = self.sim.open_run(entry);
        let replica = self.sim.replica_mut(&entry.namespace);
        replica.runs.get_mut(&run).unwrap().job.as_mut().unwrap().phase =
            JobPhase::Lost(Trouble::new(Reason::ResultLost, "gone"));
    }

    /// The reasons of what was told since this was last asked.
    pub(super) fn reasons(&mut self) -> Vec<EventReason> {
        self.told.drain(..).map(|news| news.reason).collect()
    }

    /// A line of the metrics.
    pub(super) fn metric(&self, start: &str) -> Vec<String> {
        let text = self.metrics.encode().unwrap();
        text.lines().filter(|line| line.starts_with(start)).map(str::to_owned).collect()
    }
}

/// A report of a sound database.
pub(super) fn well() -> PrepareReport {
    sound()
}

fn before(sim: &Sim, plan: &Plan) -> Before {
    Before::of(&sim.observed, &sim.worklist, plan, sim.now, &sim.policy)
}

fn pass<'a>(sim: &'a Sim, plan: &'a Plan, before: &'a Before, outcomes: &'a [Taken]) -> Pass<'a> {
    Pass { plan, before, guard: &sim.guard, outcomes, now: sim.now, home: home() }
}

/// The operator's namespace.
fn home() -> &'static NamespaceName {
    static HOME: LazyLock<NamespaceName> = LazyLock::new(|| "pgro-system".parse().unwrap());
    &HOME
}
