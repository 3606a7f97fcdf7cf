//! The last plan and what became of it, as `/status.json` shows it.

use crate::{
    apply::{Applied, ApplyError},
    plan::{Because, Decision, Plan, Step},
};
use jiff::Timestamp;
use serde::Serialize;
use std::collections::BTreeMap;

/// One look at everything: for each namespace what was done, or why nothing was.
#[derive(Debug, Serialize)]
pub struct Status<'a> {
    /// When it was decided.
    pub at: Timestamp,
    /// By namespace.
    pub replicas: BTreeMap<&'a str, Line<'a>>,
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
    /// Of a plan whose steps had these outcomes.
    pub fn of(plan: &'a Plan, outcomes: &[(Step, Result<Applied, ApplyError>)], at: Timestamp) -> Self {
        let line = |(namespace, decision): (&'a contract::names::NamespaceName, &'a Decision)| {
            let line = match decision {
                Decision::Rest(because) => Line::Rest(because),
                Decision::Do(step) => Line::Step { step: step.name(), outcome: outcome(step, outcomes) },
            };
            (namespace.as_str(), line)
        };
        Self { at, replicas: plan.decisions.iter().map(line).collect() }
    }

    /// As JSON.
    pub fn to_json(&self) -> serde_json::Value {
        serde_json::to_value(self).unwrap_or_default()
    }
}

fn outcome(step: &Step, outcomes: &[(Step, Result<Applied, ApplyError>)]) -> String {
    match outcomes.iter().find(|(taken, _)| taken == step).map(|(_, outcome)| outcome) {
        Some(Ok(Applied::Done)) => "done".to_owned(),
        Some(Ok(Applied::Stale)) => "stale".to_owned(),
        Some(Ok(Applied::Denied { why, .. })) => format!("denied: {why}"),
        Some(Err(error)) => format!("failed: {}", super::chain(error)),
        None => "not taken".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::Status;
    use crate::{
        apply::{Applied, ApplyError},
        plan::{Because, Decision, Plan, Step},
    };
    use contract::names::RunName;
    use jiff::Timestamp;
    use serde_json::json;
    use std::collections::BTreeMap;

    #[test]
    fn every_replica_shows_its_step_or_its_reason() {
        let step =
            |name: &str| Step::RemoveRun { namespace: name.parse().unwrap(), run: RunName::of("s", 1) };
        let decisions = BTreeMap::from([
            ("a".parse().unwrap(), Decision::Rest(Because::UpToDate)),
            ("b".parse().unwrap(), Decision::Do(step("b"))),
            ("c".parse().unwrap(), Decision::Do(step("c"))),
        ]);
        let outcomes =
            [(step("b"), Ok(Applied::Done)), (step("c"), Err(ApplyError::Timeout { step: "remove_run" }))];
        let plan = Plan { decisions };
        let shown = Status::of(&plan, &outcomes, Timestamp::UNIX_EPOCH).to_json();
        assert_eq!(shown["at"], "1970-01-01T00:00:00Z");
        assert_eq!(shown["replicas"]["a"], json!({"because": "up_to_date"}));
        assert_eq!(shown["replicas"]["b"], json!({"step": "remove_run", "outcome": "done"}));
        assert!(shown["replicas"]["c"]["outcome"].as_str().unwrap().starts_with("failed: "));
    }
}
