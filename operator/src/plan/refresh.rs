//! Whether a new attempt is begun, and which.

use super::{Because, Decision, Policy, Slots, Step, backoff};
use crate::model::{Attempt, Ending, Phase, Record, Replica, Wanted};
use jiff::Timestamp;

/// Reports that may wait for their acknowledgement before no new attempt is begun.
const OUTBOX_MAX: usize = 8;

/// Begins an attempt, or says why none is due.
pub(super) fn consider(
    replica: &Replica,
    wanted: &Wanted,
    record: &Record,
    now: Timestamp,
    policy: &Policy,
    slots: &mut Slots,
) -> Decision {
    let Some((snapshot, at)) = wanted.target.snapshot() else { return Decision::Rest(Because::NoSnapshot) };
    let last = record.attempt.as_ref().filter(|attempt| attempt.snapshot == snapshot);
    if let Some(because) = not_due(replica, wanted, last, at, now, policy) {
        return Decision::Rest(because);
    }
    if record.outbox.len() >= OUTBOX_MAX {
        return Decision::Rest(Because::OutboxFull);
    }
    if !slots.take() {
        return Decision::Rest(Because::NoSlot);
    }
    let attempt = Attempt {
        snapshot: snapshot.to_owned(),
        snapshot_at: at,
        number: last.map_or(0, |attempt| attempt.number).saturating_add(1),
        failures_before: last.map_or(0, Attempt::failures),
        started_at: now,
        ending: None,
    };
    Decision::Do(write(replica, Record { attempt: Some(attempt), force_refresh: None, ..record.clone() }))
}

/// Why nothing is begun now, if so. A person's wish overrides everything but the direction of time.
fn not_due(
    replica: &Replica,
    wanted: &Wanted,
    last: Option<&Attempt>,
    at: Option<Timestamp>,
    now: Timestamp,
    policy: &Policy,
) -> Option<Because> {
    if at.zip(replica.record.last_restored_snapshot_at).is_some_and(|(offered, served)| offered < served) {
        return Some(Because::OlderThanServed);
    }
    let last = last.filter(|_| replica.record.force_refresh.is_none())?;
    match &last.ending {
        Some(Ending::Failed { class, .. }) if !class.is_worth_retrying() => Some(Because::Refused),
        Some(Ending::Failed { at, .. }) => {
            let failures = last.failures();
            let until = later(*at, backoff::pause(failures, replica.namespace.as_str(), policy));
            (now < until).then_some(Because::BackingOff { until, failures })
        }
        Some(Ending::Succeeded { at }) => {
            let fresh = wanted.freshness.map(|age| later(*at, age.max(policy.refresh_min)));
            fresh.is_none_or(|until| now < until).then_some(Because::UpToDate)
        }
        None => None,
    }
}

fn later(at: Timestamp, by: jiff::SignedDuration) -> Timestamp {
    at.saturating_add(by).unwrap_or(Timestamp::MAX)
}

/// Forgets an attempt of which nothing was made yet, since the worklist asks for something else by now.
pub(super) fn abandon(replica: &Replica, record: &Record) -> Step {
    write(replica, Record { attempt: None, ..record.clone() })
}

fn write(replica: &Replica, record: Record) -> Step {
    let phase = match (&record.serving_run, &record.attempt) {
        (Some(_), _) => Phase::Active,
        (None, Some(_)) => Phase::Restoring,
        (None, None) => Phase::Pending,
    };
    Step::WriteRecord {
        namespace: replica.namespace.clone(),
        owner: replica.owner.clone(),
        record: Box::new(Record { phase, ..record }),
        notice: None,
    }
}
