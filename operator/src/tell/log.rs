//! Log lines, each with the replica, the run and the snapshot it is about, as far as there are any.

use super::{EventReason, News, Pass};
use crate::{
    apply::{Applied, ApplyError},
    model::{Attempt, JobPhase, Replica},
    plan::{Notice, Step},
    reconcile::chain,
};
use contract::{canopy::Verification, ids::ReplicaKey, names::RunName};
use tracing::field::display;

/// What a line is about.
struct About {
    namespace: String,
    key: Option<ReplicaKey>,
    run: Option<String>,
    /// Under which Canopy knows the run, where it is told of it.
    run_id: Option<String>,
    snapshot: Option<String>,
}

impl About {
    fn step(pass: &Pass<'_>, step: &Step) -> Self {
        let replica = pass.replica(step.namespace());
        let key = match step {
            Step::CreateNamespace { identity, .. } => Some(identity.key),
            _ => replica.map(|replica| replica.identity.key),
        };
        let attempt = match step {
            Step::WriteRecord { record, .. } => record.attempt.as_ref(),
            _ => replica.and_then(|replica| replica.record.attempt.as_ref()),
        };
        let (run, snapshot) = match step {
            Step::RemoveRun { run, .. } => {
                (Some(run.to_string()), replica.and_then(|replica| snapshot_of(replica, run)))
            }
            Step::SendReport { report, .. } => {
                (replica.and_then(|replica| run_of(replica, report)), report.snapshot_id.clone())
            }
            Step::CreateNamespace { record, .. } => (None, record.desired_snapshot_id.clone()),
            _ => {
                let run = attempt.map(|attempt| Attempt::run(attempt).to_string());
                (run, attempt.map(|attempt| attempt.snapshot.clone()))
            }
        };
        let run_id = match step {
            Step::SendReport { report, .. } => report.run_id.map(|id| id.to_string()),
            _ => None,
        };
        Self { namespace: step.namespace().to_string(), key, run, run_id, snapshot }
    }
}

/// The snapshot of a run: that of its attempt, or what was restored.
fn snapshot_of(replica: &Replica, run: &RunName) -> Option<String> {
    let last = replica.record.attempt.as_ref().filter(|last| last.run() == *run);
    last.map(|last| last.snapshot.clone()).or_else(|| {
        let JobPhase::Restored(restored) = &replica.runs.get(run)?.job.as_ref()?.phase else { return None };
        Some(restored.snapshot_id.to_string())
    })
}

/// The run a report is about, as long as there is anything of it.
fn run_of(replica: &Replica, report: &Verification) -> Option<String> {
    let last = replica.record.attempt.as_ref().map(Attempt::run);
    let mut known = last.into_iter().chain(replica.runs.keys().cloned());
    let id = |run: &RunName| run.run_id(replica.identity.key, &replica.owner.uid);
    known.find(|run| report.run_id == Some(id(run))).map(|run| run.to_string())
}

/// Logs at a level chosen at run time, always with the same fields.
macro_rules! line {
    ($level:ident, $about:expr, $step:expr, $($rest:tt)*) => {
        tracing::$level!(
            replica.namespace = $about.namespace,
            replica.key = $about.key.map(display),
            run.name = $about.run,
            run.id = $about.run_id,
            snapshot.id = $about.snapshot,
            step = $step,
            $($rest)*
        )
    };
}

/// One step and what became of it.
pub(super) fn step(pass: &Pass<'_>, step: &Step, outcome: &Result<Applied, ApplyError>) {
    let (about, name) = (About::step(pass, step), step.name());
    match outcome {
        Ok(Applied::Done) => done(&about, step),
        Ok(Applied::Stale) => line!(debug, about, name, "step {name} is decided anew"),
        Ok(Applied::Hindered { trouble, .. }) => {
            let why = trouble.to_string();
            line!(warn, about, name, why, "the run cannot be begun");
        }
        Ok(Applied::Refused { why }) => line!(error, about, name, why, "the report is given up"),
        Err(error) => line!(warn, about, name, error = chain(error), "step {name} failed"),
    }
}

fn done(about: &About, step: &Step) {
    let name = step.name();
    match step {
        Step::WriteRecord { notice: Some(Notice::Failed { message, .. }), .. } => {
            line!(warn, about, name, error = message, "the attempt has failed");
        }
        Step::WriteRecord { notice: Some(Notice::Resumed { reason, message }), .. } => {
            let reason = reason.as_str();
            line!(warn, about, name, reason, error = message, "the restore was broken off and goes on");
        }
        Step::WriteRecord { notice: Some(Notice::Verified { .. }), .. } => {
            line!(info, about, name, "the snapshot is restored, sound, and served");
        }
        _ => line!(info, about, name, "step {name} taken"),
    }
}

/// News no step brought about: steps have had their line.
pub(super) fn news(news: &News) {
    let namespace = news.about.as_ref().map(display);
    match news.reason {
        EventReason::TeardownHeld
        | EventReason::RestoresParked
        | EventReason::TerminatingStuck
        | EventReason::Unreadable
        | EventReason::ServingTrouble
        | EventReason::ForeignCollision => {
            tracing::warn!(replica.namespace = namespace, event = news.reason.as_str(), "{}", news.note);
        }
        EventReason::TeardownReleased | EventReason::RestoresResumed => {
            tracing::info!(event = news.reason.as_str(), "{}", news.note);
        }
        EventReason::Provisioned
        | EventReason::RestoreStarted
        | EventReason::Verified
        | EventReason::RestoreResumed
        | EventReason::RestoreFailed
        | EventReason::Switched
        | EventReason::Drained
        | EventReason::ReportRefused
        | EventReason::TeardownBegun => {}
    }
}
