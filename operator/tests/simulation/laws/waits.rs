//! I13: everything that waits says for what, and no wait is without an end.

use super::bounds::attempt;
use crate::{process::policy, replica};
use contract::names::annotations;
use fake_apiserver::ApiServer;
use jiff::{SignedDuration, Timestamp};
use operator::model::Phase;
use serde_json::Value;

/// Beyond its deadlines, an attempt lasts as long as no operator gets through to end it.
const HELD_UP: SignedDuration = SignedDuration::from_mins(3);

/// Attempts end, phases have names.
pub(super) fn end(server: &ApiServer, now: Timestamp) -> Result<(), String> {
    let longest = longest();
    for namespace in replica::namespaces(server) {
        let phase = namespace.annotation(annotations::RESTORE_STATE).unwrap_or_default();
        if phase.parse::<Phase>().is_err() {
            return Err(format!("{} is in state {phase:?}", namespace.name()));
        }
        let open = attempt(&namespace).filter(|attempt| attempt.is_open() && !namespace.is_terminating());
        let age = open.map(|attempt| now.duration_since(attempt.started_at));
        if let Some(age) = age.filter(|age| *age > longest) {
            return Err(format!("{} has been at one attempt for {age:#}", namespace.name()));
        }
    }
    Ok(())
}

/// All phases of an attempt at their deadlines.
fn longest() -> SignedDuration {
    let policy = policy();
    let phases = [policy.restore_deadline, policy.verify_deadline, policy.switch_deadline];
    phases.into_iter().fold(HELD_UP + policy.start_deadline, |sum, phase| sum + phase + policy.start_deadline)
}

/// Of every replica, a status says what is done or why nothing is, and until when where that has a time.
pub(super) fn are_named(status: &Value, now: Timestamp) -> Result<(), String> {
    for (namespace, line) in status["replicas"].as_object().into_iter().flatten() {
        let said = |key: &str| line[key].as_str().is_some_and(|text| !text.is_empty());
        let is_named = said("because") || said("step") && said("outcome");
        if !is_named {
            return Err(format!("of {namespace} nothing is said: {line}"));
        }
        let until = line["until"].as_str().and_then(|text| text.parse::<Timestamp>().ok());
        if let Some(until) = until.filter(|until| until.duration_since(now) > longest()) {
            return Err(format!("{namespace} waits until {until}: {line}"));
        }
    }
    Ok(())
}
