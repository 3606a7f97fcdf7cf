//! The decision for one namespace.

use super::{
    Because, Decision, Guard, Policy, Slots, Step, Verdict, attempt, cleanup, guard, refresh, report,
    worklist::Wish,
};
use crate::model::{Ending, Phase, Record, Replica, Wanted};
use jiff::Timestamp;

/// Life first, reports when life rests: a report must not be overtaken by the write that follows it.
pub(super) fn decide(
    replica: &Replica,
    wish: &Wish<'_>,
    guard: &Guard,
    now: Timestamp,
    policy: &Policy,
    slots: &mut Slots,
) -> Decision {
    if replica.terminating {
        return Decision::Rest(Because::Terminating);
    }
    let decision = match wish {
        Wish::Wanted(wanted) if wanted.identity != replica.identity => {
            Decision::Rest(Because::IdentityChanged)
        }
        Wish::Wanted(wanted) => live(replica, wanted, now, policy, slots),
        Wish::Unknown => go_on(replica, Because::WorklistUnknown, now, policy),
        Wish::Quarantined(why) => {
            go_on(replica, Because::Quarantined { why: (*why).to_owned() }, now, policy)
        }
        Wish::Absent => leave(replica, guard, now, policy),
    };
    match decision {
        Decision::Rest(because) => report::next(replica, now).map_or(Decision::Rest(because), Decision::Do),
        Decision::Do(step) => Decision::Do(step),
    }
}

/// A replica whose entry is there.
fn live(replica: &Replica, wanted: &Wanted, now: Timestamp, policy: &Policy, slots: &mut Slots) -> Decision {
    let record = wished(&replica.record, wanted);
    let decision = cleanup::next(replica, now, policy).unwrap_or_else(|| match &replica.record.attempt {
        Some(open) if open.is_open() => attempt::drive(replica, open, Some(wanted), &record, now, policy),
        _ => refresh::consider(replica, wanted, &record, now, policy, slots),
    });
    match decision {
        Decision::Rest(because) => settle(replica, record, because),
        Decision::Do(step) => Decision::Do(step),
    }
}

/// A replica whose entry is not known: what was begun is ended, nothing is begun.
fn go_on(replica: &Replica, because: Because, now: Timestamp, policy: &Policy) -> Decision {
    match &replica.record.attempt {
        Some(open) if open.is_open() => attempt::drive(replica, open, None, &replica.record, now, policy),
        _ => Decision::Rest(because),
    }
}

/// A replica whose entry is gone.
fn leave(replica: &Replica, guard: &Guard, now: Timestamp, policy: &Policy) -> Decision {
    let since = match guard.verdict(replica, now, &policy.teardown) {
        Verdict::Keep { why } => return Decision::Rest(Because::Withdrawn { why }),
        Verdict::Gone { since } => since,
    };
    let report = report::next(replica, now).filter(|_| now.duration_since(since) < policy.report_patience);
    Decision::Do(report.unwrap_or_else(|| guard::teardown(replica)))
}

/// Writes down where the replica stands, unless that is written already.
fn settle(replica: &Replica, record: Record, because: Because) -> Decision {
    let record = Record { phase: phase(&record, replica), ..record };
    if record == replica.record {
        return Decision::Rest(because);
    }
    Decision::Do(Step::WriteRecord {
        namespace: replica.namespace.clone(),
        owner: replica.owner.clone(),
        record: Box::new(record),
        notice: None,
    })
}

/// The record with what the worklist asks for.
pub(super) fn wished(record: &Record, wanted: &Wanted) -> Record {
    let snapshot = wanted.target.snapshot();
    Record {
        display_name: Some(wanted.display_name.clone()),
        desired_snapshot_id: snapshot.map(|(id, _)| id.to_owned()),
        desired_snapshot_at: snapshot.and_then(|(_, at)| at),
        ..record.clone()
    }
}

/// Where a replica stands: a serving one is active whatever else goes on beside it.
fn phase(record: &Record, replica: &Replica) -> Phase {
    let Some(attempt) = record.attempt.as_ref().filter(|_| record.serving_run.is_none()) else {
        return if record.serving_run.is_some() { Phase::Active } else { Phase::Pending };
    };
    let postgres = replica.runs.get(&attempt.run()).is_some_and(|run| run.postgres.is_some());
    match attempt.ending {
        Some(Ending::Failed { .. }) => Phase::Failed,
        Some(Ending::Succeeded { .. }) => Phase::Active,
        None if postgres => Phase::Verifying,
        None => Phase::Restoring,
    }
}
