//! What must hold of every plan, read from the invariants' text alone.
//!
//! Input: a plan with all it was made from, and the worklists read before it. Output: what it breaks, each by the
//! invariant's name. Must not: ask the planner, its guard or its policy's helpers anything; what was absent, what
//! serves and who writes is found out here anew.

#[path = "invariants/absences.rs"]
mod absences;
#[path = "invariants/history.rs"]
mod history;
#[path = "invariants/naming.rs"]
mod naming;
#[path = "invariants/ownership.rs"]
mod ownership;
#[path = "invariants/progress.rs"]
mod progress;
#[path = "invariants/reports.rs"]
mod reports;
#[path = "invariants/writers.rs"]
mod writers;

pub(crate) use absences::Absences;

use contract::names::NamespaceName;
use jiff::Timestamp;
use operator::{
    model::{Observed, Record, Replica, Seen, Wanted},
    plan::{Decision, Plan, Policy, Step},
};

/// A plan and what it was made from.
pub(crate) struct Look<'a> {
    pub(crate) wanted: Vec<&'a Wanted>,
    pub(crate) observed: &'a Observed,
    pub(crate) absences: &'a Absences,
    pub(crate) now: Timestamp,
    /// Since when whoever decides acts.
    pub(crate) acting_since: Timestamp,
    pub(crate) policy: &'a Policy,
    pub(crate) plan: &'a Plan,
}

/// Everything the plan breaks.
pub(crate) fn broken_by(look: &Look<'_>) -> Vec<String> {
    let mut found = Vec::new();
    progress::of_the_whole(look, &mut found);
    for (namespace, decision) in &look.plan.decisions {
        let seen = look.observed.namespaces.get(namespace);
        match (decision, seen) {
            (Decision::Do(step), Some(Seen::Replica(replica))) => of_step(look, step, replica, &mut found),
            (Decision::Do(step), None) => ownership::of_new(look, namespace, step, &mut found),
            (Decision::Do(step), Some(Seen::Unreadable { .. })) => {
                found.push(format!("I1: {} on {namespace}, which does not read", step.name()));
            }
            (Decision::Rest(because), Some(Seen::Replica(replica))) => {
                progress::of_rest(look, because, replica, &mut found);
            }
            (Decision::Rest(_), _) => {}
        }
    }
    found
}

fn of_step(look: &Look<'_>, step: &Step, replica: &Replica, found: &mut Vec<String>) {
    let behind = look.observed.behind.contains(&replica.namespace);
    hold(found, !behind, "I2", &replica.namespace, "decided on a picture older than our own write");
    ownership::of(step, replica, found);
    naming::of(step, found);
    writers::of(look, step, replica, found);
    progress::of_try(look, step, replica, found);
    match step {
        Step::WriteRecord { record, .. } => {
            history::of(look, &replica.record, record, &replica.namespace, found);
            reports::of_record(replica, record, found);
            if record.phase == operator::model::Phase::Terminating {
                absences::of(look, replica, found);
            }
        }
        Step::SendReport { report, acknowledged, refused, .. } => {
            reports::of_sending(replica, report, [acknowledged, refused], found);
        }
        Step::DeleteNamespace { .. } => absences::of(look, replica, found),
        _ => {}
    }
}

/// Notes a breach unless `holds`.
fn hold(found: &mut Vec<String>, holds: bool, invariant: &str, namespace: &NamespaceName, what: &str) {
    if !holds {
        found.push(format!("{invariant}: {namespace}: {what}"));
    }
}

/// Whether two records say the same of everything but reports.
fn same_life(one: &Record, other: &Record) -> bool {
    let life = |record: &Record| Record {
        outbox: Vec::new(),
        last_verification_reported_at: None,
        last_verification_error: None,
        last_report_refusal: None,
        ..record.clone()
    };
    life(one) == life(other)
}
