//! I15: what a namespace says of its replica goes forward, or on to another attempt; I3: a write changes something.

use super::{Look, hold};
use contract::names::NamespaceName;
use operator::model::{Attempt, Ending, Phase, Record};

/// One record after another.
pub(super) fn of(
    look: &Look<'_>,
    old: &Record,
    new: &Record,
    namespace: &NamespaceName,
    found: &mut Vec<String>,
) {
    hold(found, old != new, "I3", namespace, "a write that changes nothing");
    let backwards = old
        .last_restored_snapshot_at
        .is_some_and(|old| new.last_restored_snapshot_at.is_some_and(|new| new < old));
    hold(found, !backwards, "I15", namespace, "an older snapshot replaces a newer one");
    if new.serving_run != old.serving_run {
        let by = new.attempt.as_ref().filter(|attempt| new.serving_run == Some(attempt.run()));
        let proven = by.is_some_and(|attempt| matches!(attempt.ending, Some(Ending::Succeeded { .. })));
        hold(found, proven, "I6", namespace, "what serves changes without a success");
    }
    match (&old.attempt, &new.attempt) {
        (Some(old_attempt), Some(new_attempt)) if is_same(old_attempt, new_attempt) => {
            let reopened = old_attempt.ending.is_some() && old_attempt.ending != new_attempt.ending;
            hold(found, !reopened, "I15", namespace, "an outcome is rewritten");
            let back = rank(new.phase) < rank(old.phase) && old.phase != Phase::Terminating;
            let leaves = new.phase == Phase::Terminating;
            hold(found, !back || leaves, "I15", namespace, "a state goes back within one attempt");
        }
        (old_attempt, Some(begun)) => begins(look, old_attempt.as_ref(), begun, namespace, found),
        (Some(_) | None, None) => {}
    }
}

fn begins(
    look: &Look<'_>,
    old: Option<&Attempt>,
    begun: &Attempt,
    namespace: &NamespaceName,
    found: &mut Vec<String>,
) {
    let closed = old.is_none_or(|old| old.ending.is_some());
    hold(found, closed, "I15", namespace, "an attempt is begun over one that has not ended");
    let next = old.filter(|old| old.snapshot == begun.snapshot).is_none_or(|old| begun.number > old.number);
    hold(found, next && begun.number > 0, "I15", namespace, "a number of an attempt is used again");
    let fresh = begun.ending.is_none() && begun.started_at == look.now;
    hold(found, fresh, "I15", namespace, "an attempt that is begun in the past, or ended already");
    let asked = look.wanted.iter().any(|wanted| {
        let offered = wanted.target.snapshot().map(|(id, _)| id);
        offered == Some(&begun.snapshot)
    });
    hold(found, asked, "I6", namespace, "an attempt at a snapshot nobody asks for");
}

fn is_same(one: &Attempt, other: &Attempt) -> bool {
    (&one.snapshot, one.number) == (&other.snapshot, other.number)
}

fn rank(phase: Phase) -> u8 {
    match phase {
        Phase::Pending => 0,
        Phase::Restoring => 1,
        Phase::Verifying => 2,
        Phase::Active | Phase::Failed => 3,
        Phase::Terminating => 4,
    }
}
