//! The last plan and what became of it, as `/status.json` shows it.
//!
//! Input: a pass. Output: JSON, when somebody asks. Must not: make text of ten thousand replicas at every pass for
//! nobody to read.

use super::Pass;
use crate::{
    apply::{Applied, ApplyError, Taken},
    plan::{Because, Decision, Plan, Step, release_command_for_all},
    reconcile::chain,
};
use contract::names::NamespaceName;
use jiff::Timestamp;
use serde::{Serialize, Serializer};
use std::{collections::BTreeMap, sync::Arc};

/// One look at everything: for each namespace what was done, or why nothing was.
#[derive(Debug, Serialize)]
pub struct Status {
    /// When it was decided.
    at: Timestamp,
    /// What the guard thinks of the last worklist.
    teardown: Teardown,
    /// By namespace.
    replicas: Replicas,
}

/// Whether what is absent may be torn down.
#[derive(Debug, Serialize)]
struct Teardown {
    /// Too much is absent at once.
    held: bool,
    /// How many replicas are absent from the worklist.
    absent: usize,
    /// While it is held: what releases all of it at once. For a single replica its own line has a command.
    #[serde(skip_serializing_if = "Option::is_none")]
    release: Option<String>,
}

/// What was decided, and of the steps how they ended.
#[derive(Debug)]
struct Replicas {
    plan: Arc<Plan>,
    outcomes: BTreeMap<NamespaceName, String>,
}

/// One namespace.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Line<'a> {
    /// A step was taken.
    Step {
        /// Which.
        step: &'static str,
        /// What became of it.
        outcome: &'a str,
    },
    /// Nothing was done.
    Rest(&'a Because),
}

impl Status {
    /// Of a pass over what `plan` decided.
    pub fn of(pass: &Pass<'_>, plan: Arc<Plan>) -> Self {
        let held = pass.guard.is_held();
        let release = held.then(|| release_command_for_all(pass.home));
        let teardown = Teardown { held, absent: pass.guard.absent(), release };
        let steps = pass.outcomes.iter().filter(|(step, _)| is_of(step, &plan));
        let outcomes = steps.map(|taken| (taken.0.namespace().clone(), outcome(taken))).collect();
        Self { at: pass.now, teardown, replicas: Replicas { plan, outcomes } }
    }
}

impl Serialize for Replicas {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.plan.decisions.iter().map(|(namespace, decision)| {
            let outcome = || self.outcomes.get(namespace).map_or("not taken", String::as_str);
            let line = match decision {
                Decision::Rest(because) => Line::Rest(because),
                Decision::Do(step) => Line::Step { step: step.name(), outcome: outcome() },
            };
            (namespace.as_str(), line)
        }))
    }
}

/// Whether it is what the plan decided for that namespace.
fn is_of(step: &Step, plan: &Plan) -> bool {
    matches!(plan.decisions.get(step.namespace()), Some(Decision::Do(decided)) if decided == step)
}

fn outcome((_, outcome): &Taken) -> String {
    match outcome {
        Ok(Applied::Done) => "done".to_owned(),
        Ok(Applied::Stale) => "stale".to_owned(),
        Ok(Applied::Hindered { trouble, .. }) => format!("hindered: {trouble}"),
        Ok(Applied::Refused { why }) => format!("refused: {why}"),
        Err(error) => failed(error),
    }
}

fn failed(error: &ApplyError) -> String {
    format!("failed: {}", chain(error))
}
