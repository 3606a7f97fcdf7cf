//! I2: one writer of a volume at a time, and PostgreSQL only where nothing else may still write; what serves stays.

use super::{Look, hold};
use contract::{names::RunName, pods::CheckResult};
use operator::{
    model::{JobPhase, PostgresPhase, Replica, Run},
    plan::Step,
};

/// A step that starts, moves or removes something.
pub(super) fn of(look: &Look<'_>, step: &Step, replica: &Replica, found: &mut Vec<String>) {
    let namespace = &replica.namespace;
    match step {
        Step::StartRestore { order, .. } => {
            let there = replica.runs.get(&order.run);
            let taken = there.is_some_and(|run| run.job.is_some() || run.postgres.is_some());
            hold(found, !taken, "I2", namespace, "a second writer for a volume");
            let other = replica.runs.iter().any(|(name, run)| *name != order.run && may_write(run));
            hold(found, !other, "I2", namespace, "begun while another restore may still write");
            hold(found, is_open(replica, &order.run), "I2", namespace, "a restore nobody wrote down");
        }
        Step::StartSizing { order, .. } => {
            let there = replica.runs.get(&order.run);
            let made = there.is_some_and(|run| run.sizing.is_some() || run.job.is_some());
            hold(found, !made, "I2", namespace, "the size is asked for twice, or too late");
            hold(found, is_open(replica, &order.run), "I2", namespace, "a sizing nobody wrote down");
        }
        Step::StartPostgres(order) => {
            let run = replica.runs.get(&order.run);
            let restored = run.and_then(|run| run.job.as_ref()).is_some_and(|job| {
                matches!(&job.phase, JobPhase::Restored(it) if it.snapshot_id.as_str() == order.snapshot)
            });
            hold(
                found,
                restored,
                "I2",
                namespace,
                "PostgreSQL on a volume that is not, or may not be, restored",
            );
            let writing = run.is_some_and(|run| run.writing);
            hold(found, !writing, "I2", namespace, "PostgreSQL where a restore may still write");
            let outlived = run.is_some_and(|run| run.outlived);
            hold(found, !outlived, "I2", namespace, "PostgreSQL beside a server that may still run");
            let twice = run.is_some_and(|run| run.postgres.is_some());
            hold(found, !twice, "I2", namespace, "PostgreSQL twice on one volume");
        }
        Step::Serve { order, .. } => {
            let sound = replica.runs.get(&order.run).is_some_and(|run| is_sound(run));
            hold(found, sound, "I6", namespace, "guests are let in where nothing was proven");
        }
        Step::RemoveJob { run, .. } => {
            let there = replica.runs.get(run);
            hold(found, is_open(replica, run), "I2", namespace, "the Job of a run that is over is removed");
            let busy = there.is_some_and(|run| run.writing || run.postgres.is_some());
            hold(found, !busy, "I2", namespace, "a Job is removed under its writer, or under a server");
            let ended = there
                .and_then(|run| run.job.as_ref())
                .is_some_and(|job| matches!(job.phase, JobPhase::Failed(_) | JobPhase::Lost(_)));
            hold(found, ended, "I2", namespace, "a Job is removed that has not failed");
        }
        Step::RemoveRun { run, .. } => removed(look, replica, run, found),
        _ => {}
    }
}

fn removed(look: &Look<'_>, replica: &Replica, run: &RunName, found: &mut Vec<String>) {
    let namespace = &replica.namespace;
    let serves = replica.record.serving_run.as_ref() == Some(run)
        || replica.service.as_ref().and_then(|service| service.run.as_ref()) == Some(run);
    hold(found, !serves, "I3", namespace, "the run that serves is removed");
    hold(found, !is_open(replica, run), "I2", namespace, "the run in progress is removed");
    let had_guests = replica.runs.get(run).is_some_and(|run| run.postgres.is_some());
    let moved = replica.record.last_restored_at.map(|at| look.now.duration_since(at));
    let early = had_guests && moved.is_some_and(|since| since < look.policy.drain);
    hold(found, !early, "I3", namespace, "guests of the run before are cut off");
}

fn is_open(replica: &Replica, run: &RunName) -> bool {
    let open = replica.record.attempt.as_ref().filter(|attempt| attempt.ending.is_none());
    open.is_some_and(|attempt| RunName::of(&attempt.snapshot, attempt.number) == *run)
}

fn may_write(run: &Run) -> bool {
    let job = run.job.as_ref().map(|job| &job.phase);
    run.writing || matches!(job, Some(JobPhase::Starting { .. } | JobPhase::Running))
}

/// Whether a run's database has been proven: it answers, nothing it was checked for failed, nothing was reset, and
/// what must be checked was.
pub(super) fn is_sound(run: &Run) -> bool {
    let Some(PostgresPhase::Ready(report)) = run.postgres.as_ref().map(|postgres| &postgres.phase) else {
        return false;
    };
    let must = ["Opens", "Databases", "Amcheck"];
    let passed = |name: &str| {
        let named = report.checks.iter().filter(|check| format!("{:?}", check.name) == name);
        named.clone().count() > 0 && named.into_iter().all(|check| check.result == CheckResult::Passed)
    };
    let reset = report.fixes.iter().any(|fix| format!("{fix:?}") == "ResetWal");
    let failed = report.checks.iter().any(|check| check.result == CheckResult::Failed);
    report.failure.is_none() && !reset && !failed && must.into_iter().all(passed)
}
