//! I6: reports are truthful, written down with the outcome they tell, told in order, one for each attempt.

use super::{hold, same_life, writers};
use contract::{
    canopy::{Outcome, Verification},
    names::RunName,
};
use operator::model::{Attempt, Ending, JobPhase, Record, Replica};

/// A record that is written.
pub(super) fn of_record(replica: &Replica, new: &Record, found: &mut Vec<String>) {
    let (namespace, old) = (&replica.namespace, &replica.record);
    let kept = new.outbox.starts_with(&old.outbox);
    hold(found, kept, "I6", namespace, "a report is lost, or overtaken, by a write");
    let ended = new.attempt.as_ref().filter(|attempt| attempt.ending.is_some() && new.attempt != old.attempt);
    let added = new.outbox.get(old.outbox.len()..).unwrap_or_default();
    match (ended, added) {
        (None, []) => {}
        (Some(attempt), []) => {
            let proven = matches!(attempt.ending, Some(Ending::Succeeded { .. }));
            hold(found, !proven, "I6", namespace, "a success nobody is told of");
        }
        (Some(attempt), [report]) => {
            truthful(replica, attempt, report, found);
            let twice = old.outbox.iter().any(|waiting| waiting.run_id == report.run_id);
            hold(found, !twice, "I6", namespace, "two reports of one run");
        }
        (_, _) => hold(found, false, "I6", namespace, "reports without an attempt that ended"),
    }
}

fn truthful(replica: &Replica, attempt: &Attempt, report: &Verification, found: &mut Vec<String>) {
    let (namespace, identity) = (&replica.namespace, &replica.identity);
    let run = RunName::of(&attempt.snapshot, attempt.number);
    let about = report.snapshot_id.as_deref() == Some(&attempt.snapshot)
        && report.run_id == Some(run.run_id(identity.key, &replica.owner.uid))
        && report.replica_id == Some(identity.key.replica_id)
        && report.server_id == identity.key.server_id
        && report.group == identity.group
        && report.intent == identity.intent;
    hold(found, about, "I6", namespace, "a report about something else");
    let succeeded = matches!(attempt.ending, Some(Ending::Succeeded { .. }));
    let told = report.outcome == Outcome::Success;
    hold(found, succeeded == told, "I6", namespace, "a report that tells another outcome");
    hold(found, told || report.error.is_some(), "I13", namespace, "a failure without a reason");
    hold(found, told || !report.replica_healthy, "I6", namespace, "a failure that is called healthy");
    if !told {
        return;
    }
    let seen = replica.runs.get(&run);
    hold(
        found,
        seen.is_some_and(|run| writers::is_sound(run)),
        "I6",
        namespace,
        "verified, and nothing was proven",
    );
    let served = replica.service.as_ref().and_then(|service| service.run.as_ref()) == Some(&run);
    hold(found, served, "I6", namespace, "verified, and guests cannot connect to it");
    let restored = seen.and_then(|run| run.job.as_ref()).is_none_or(
        |job| matches!(&job.phase, JobPhase::Restored(it) if it.snapshot_id.as_str() == attempt.snapshot),
    );
    hold(found, restored, "I6", namespace, "verified, and the restore says otherwise");
}

/// A report that is told, and what is remembered after the answer.
pub(super) fn of_sending(
    replica: &Replica,
    report: &Verification,
    after: [&Record; 2],
    found: &mut Vec<String>,
) {
    let (namespace, old) = (&replica.namespace, &replica.record);
    hold(
        found,
        old.outbox.first() == Some(report),
        "I6",
        namespace,
        "told out of order, or not written down",
    );
    for record in after {
        let rest = old.outbox.get(1..) == Some(&record.outbox[..]);
        hold(found, rest, "I6", namespace, "an answer forgets another report, or does not forget this one");
        hold(found, same_life(old, record), "I6", namespace, "an answer changes more than reports");
    }
}
