//! The last plan and what became of it, as `/status.json` shows it.

use super::Pass;
use crate::{
    apply::{Applied, ApplyError, Taken},
    plan::{Because, Decision, Step, release_command_for_all},
    reconcile::chain,
};
use contract::names::NamespaceName;
use jiff::Timestamp;
use serde::Serialize;
use std::collections::BTreeMap;

/// One look at everything: for each namespace what was done, or why nothing was.
#[derive(Debug, Serialize)]
pub struct Status<'a> {
    /// When it was decided.
    pub at: Timestamp,
    /// What the guard thinks of the last worklist.
    pub teardown: Teardown,
    /// By namespace.
    pub replicas: BTreeMap<&'a str, Line<'a>>,
}

/// Whether what is absent may be torn down.
#[derive(Debug, Serialize)]
pub struct Teardown {
    /// Too much is absent at once.
    pub held: bool,
    /// How many replicas are absent from the worklist.
    pub absent: usize,
    /// While it is held: what releases all of it at once. For a single replica its own line has a command.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub release: Option<String>,
}

/// One namespace.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Line<'a> {
    /// A step was taken.
    Step {
        /// Which.
        step: &'static str,
        /// What became of it.
        outcome: String,
    },
    /// Nothing was done.
    Rest(&'a Because),
}

impl<'a> Status<'a> {
    /// Of a pass.
    pub fn of(pass: &Pass<'a>) -> Self {
        let outcomes: BTreeMap<_, _> =
            pass.outcomes.iter().map(|taken| (taken.0.namespace(), taken)).collect();
        let line = |(namespace, decision): (&'a NamespaceName, &'a Decision)| {
            let line = match decision {
                Decision::Rest(because) => Line::Rest(because),
                Decision::Do(step) => {
                    Line::Step { step: step.name(), outcome: outcome(step, outcomes.get(namespace).copied()) }
                }
            };
            (namespace.as_str(), line)
        };
        let held = pass.guard.is_held();
        let release = held.then(|| release_command_for_all(pass.home));
        let teardown = Teardown { held, absent: pass.guard.absent(), release };
        Self { at: pass.now, teardown, replicas: pass.plan.decisions.iter().map(line).collect() }
    }

    /// As JSON.
    pub fn to_json(&self) -> serde_json::Value {
        serde_json::to_value(self).unwrap_or_default()
    }
}

fn outcome(step: &Step, taken: Option<&Taken>) -> String {
    match taken.filter(|(taken, _)| taken == step).map(|(_, outcome)| outcome) {
        Some(Ok(Applied::Done)) => "done".to_owned(),
        Some(Ok(Applied::Stale)) => "stale".to_owned(),
        Some(Ok(Applied::Hindered { trouble, .. })) => format!("hindered: {trouble}"),
        Some(Ok(Applied::Refused { why })) => format!("refused: {why}"),
        Some(Err(error)) => failed(error),
        None => "not taken".to_owned(),
    }
}

fn failed(error: &ApplyError) -> String {
    format!("failed: {}", chain(error))
}
