//! What a pass means in numbers.

use super::{Pass, before::report, stopwatch::Stopwatch};
use crate::{
    apply::Applied,
    metrics::Metrics,
    model::{Attempt, Record, Replica, Run},
    plan::{Because, Decision, Notice, Scope, Step},
};
use contract::pods::Check;
use jiff::{SignedDuration, Timestamp};
use std::time::Duration;

/// Sets what is, and counts what happened.
pub(super) fn count(pass: &Pass<'_>, stopwatch: &Stopwatch, metrics: &Metrics) {
    standing(pass, metrics);
    for (step, outcome) in pass.outcomes {
        match outcome {
            Ok(Applied::Done) => done(pass, step, stopwatch, metrics),
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

fn done(pass: &Pass<'_>, step: &Step, stopwatch: &Stopwatch, metrics: &Metrics) {
    match step {
        Step::WriteRecord { notice: Some(Notice::Verified { intent, .. }), namespace, .. } => {
            metrics.restore_run(*intent, "success", "none");
            if let Some(replica) = pass.replica(namespace) {
                verified(replica, pass.now, stopwatch, metrics);
            }
        }
        Step::WriteRecord { notice: Some(Notice::Failed { intent, reason, .. }), namespace, .. } => {
            metrics.restore_run(*intent, "failure", reason.as_str());
            let report = pass.replica(namespace).and_then(|replica| report(last_run(replica)?));
            report.into_iter().flat_map(|report| &report.checks).for_each(|check| metrics.check(check));
        }
        Step::WriteRecord { notice: None, record, namespace, .. } => {
            if let Some(replica) = pass.replica(namespace).filter(|replica| begins(&replica.record, record)) {
                let since = stopwatch.waits_since(namespace, pass.now);
                phase("queue", replica, Some(since), Some(pass.now), metrics);
            }
        }
        Step::Serve { .. } if is_switchover(pass, step) => metrics.switchover("done"),
        _ => {}
    }
}

fn is_switchover(pass: &Pass<'_>, step: &Step) -> bool {
    let Step::Serve { order, .. } = step else { return false };
    let serving = pass.replica(&order.namespace).and_then(|replica| replica.record.serving_run.as_ref());
    serving.is_some_and(|serving| *serving != order.run)
}

/// Whether an attempt is begun with this record.
fn begins(before: &Record, record: &Record) -> bool {
    let number = |record: &Record| record.attempt.as_ref().map(|attempt| attempt.number);
    record.attempt.as_ref().is_some_and(Attempt::is_open) && number(record) != number(before)
}

/// The phases of a run that has just ended well, and its checks.
fn verified(replica: &Replica, now: Timestamp, stopwatch: &Stopwatch, metrics: &Metrics) {
    let (Some(attempt), Some(run)) = (replica.record.attempt.as_ref(), last_run(replica)) else { return };
    let checks: &[Check] = report(run).map_or(&[], |report| &report.checks);
    let checked: u64 = checks.iter().map(|check| check.duration_ms).sum();
    let checked = SignedDuration::from_millis(i64::try_from(checked).unwrap_or(i64::MAX));
    let began = run.job.as_ref().map(|job| job.created_at);
    let restored = run.postgres.as_ref().map(|postgres| postgres.created_at);
    let ready = stopwatch.switches_since(&replica.namespace);
    let recovered = ready.and_then(|ready| ready.checked_sub(checked).ok());
    for (name, from, to) in [
        ("fetch", began, restored),
        ("recover", restored, recovered.map(|at| restored.map_or(at, |since| at.max(since)))),
        ("check", recovered, ready),
        ("switch", ready, Some(now)),
        ("verify", restored, Some(now)),
        ("whole", Some(attempt.started_at), Some(now)),
    ] {
        phase(name, replica, from, to, metrics);
    }
    for check in checks {
        metrics.check(check);
    }
}

fn phase(
    name: &'static str,
    replica: &Replica,
    from: Option<Timestamp>,
    to: Option<Timestamp>,
    metrics: &Metrics,
) {
    let between = from.zip(to).and_then(|(from, to)| Duration::try_from(to.duration_since(from)).ok());
    if let Some(took) = between {
        metrics.phase(name, replica.identity.intent, took);
    }
}

fn last_run(replica: &Replica) -> Option<&Run> {
    replica.runs.get(&replica.record.attempt.as_ref()?.run()).map(Box::as_ref)
}
