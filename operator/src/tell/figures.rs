//! What a pass means in numbers.

use super::{Pass, before::report};
use crate::{
    apply::Applied,
    metrics::Metrics,
    model::{Replica, Run},
    plan::{Because, Decision, Notice, Scope, Step},
};
use jiff::Timestamp;
use std::time::Duration;

/// Sets what is, and counts what happened.
pub(super) fn count(pass: &Pass<'_>, metrics: &Metrics) {
    standing(pass, metrics);
    for (step, outcome) in pass.outcomes {
        match outcome {
            Ok(Applied::Done) => done(pass, step, metrics),
            Err(_) if is_switchover(pass, step) => metrics.switchover("failed"),
            Ok(Applied::Stale | Applied::Hindered { .. } | Applied::Refused { .. }) | Err(_) => {}
        }
    }
}

fn standing(pass: &Pass<'_>, metrics: &Metrics) {
    let waits = |decision: &&Decision| matches!(decision, Decision::Rest(Because::NoSlot));
    metrics.restores_in_progress(pass.before.open);
    metrics.queue_depth(pass.plan.decisions.values().filter(waits).count());
    metrics.reports_pending(pass.before.reports);
    let parked = |is: fn(&Scope) -> bool| {
        let parks =
            |decision: &Decision| matches!(decision, Decision::Rest(Because::Parked(p)) if is(&p.scope));
        pass.plan.decisions.values().any(parks)
    };
    metrics.circuit_breaker("s3", parked(|scope| matches!(scope, Scope::Bucket(_))));
    metrics.circuit_breaker("credentials", parked(|scope| matches!(scope, Scope::Group(_))));
    metrics.teardown_held(pass.guard.is_held());
    metrics.replicas(pass.before.figures.clone());
}

fn done(pass: &Pass<'_>, step: &Step, metrics: &Metrics) {
    match step {
        Step::WriteRecord { notice: Some(Notice::Verified { intent, .. }), namespace, .. } => {
            metrics.restore_run(*intent, "success", "none");
            if let Some(replica) = pass.replica(namespace) {
                verified(replica, pass.now, metrics);
            }
        }
        Step::WriteRecord { notice: Some(Notice::Failed { intent, reason, .. }), namespace, .. } => {
            metrics.restore_run(*intent, "failure", reason.as_str());
            let report = pass.replica(namespace).and_then(|replica| report(last_run(replica)?));
            report.into_iter().flat_map(|report| &report.checks).for_each(|check| metrics.check(check));
        }
        Step::Serve(_) if is_switchover(pass, step) => metrics.switchover("done"),
        _ => {}
    }
}

fn is_switchover(pass: &Pass<'_>, step: &Step) -> bool {
    let Step::Serve(order) = step else { return false };
    let serving = pass.replica(&order.namespace).and_then(|replica| replica.record.serving_run.as_ref());
    serving.is_some_and(|serving| *serving != order.run)
}

/// The phases of a run that has just ended well, and its checks.
fn verified(replica: &Replica, now: Timestamp, metrics: &Metrics) {
    let (Some(attempt), Some(run)) = (replica.record.attempt.as_ref(), last_run(replica)) else { return };
    let took = |phase, from: Option<Timestamp>, to: Option<Timestamp>| {
        let between = from.zip(to).and_then(|(from, to)| Duration::try_from(to.duration_since(from)).ok());
        if let Some(took) = between {
            metrics.phase(phase, replica.identity.intent, took);
        }
    };
    let began = run.job.as_ref().map(|job| job.created_at);
    let restored = run.postgres.as_ref().map(|postgres| postgres.created_at);
    took("fetch", began, restored);
    took("verify", restored, Some(now));
    took("whole", Some(attempt.started_at), Some(now));
    report(run).into_iter().flat_map(|report| &report.checks).for_each(|check| metrics.check(check));
}

fn last_run(replica: &Replica) -> Option<&Run> {
    replica.runs.get(&replica.record.attempt.as_ref()?.run()).map(Box::as_ref)
}
