//! Whether a new attempt is begun, and which.

use super::{Because, Decision, Policy, Step, backoff, heal, queue::Queue};
use crate::model::{Attempt, Ending, FailureClass, Phase, Record, Replica, Target, Wanted};
use contract::pods::RowCounts;
use jiff::{SignedDuration, Timestamp};

/// Reports that may wait for their acknowledgement before no new attempt is begun.
const OUTBOX_MAX: usize = 8;

/// Begins an attempt, or says why none is due.
pub(super) fn consider(
    replica: &Replica,
    wanted: &Wanted,
    record: &Record,
    now: Timestamp,
    policy: &Policy,
    queue: &mut Queue,
) -> Decision {
    let Some((id, at)) = wanted.target.snapshot() else { return Decision::Rest(Because::NoSnapshot) };
    let offer = Offer { replica, wanted, id, at, now, policy };
    if let Some(because) = offer.not_due(queue) {
        return Decision::Rest(because);
    }
    if record.outbox.len() >= OUTBOX_MAX {
        return Decision::Rest(Because::OutboxFull);
    }
    if let Err(because) = queue.take(replica, wanted, now, policy) {
        return Decision::Rest(because);
    }
    let attempt = Some(offer.attempt());
    Decision::Do(write(replica, Record { attempt, ..granted(record) }))
}

/// The record once a person's wish is acted on: what they ask for is not held against what was there before.
fn granted(record: &Record) -> Record {
    let Some(wish) = &record.force_refresh else { return record.clone() };
    Record {
        force_refresh: None,
        force_refresh_acted_on: Some(wish.clone()),
        last_restored_rows: RowCounts::default(),
        ..record.clone()
    }
}

/// The snapshot the worklist offers, held against what was done so far.
struct Offer<'a> {
    replica: &'a Replica,
    wanted: &'a Wanted,
    id: &'a str,
    at: Option<Timestamp>,
    now: Timestamp,
    policy: &'a Policy,
}

impl Offer<'_> {
    /// Why nothing is begun now, if so. A person's wish overrides everything but the direction of time.
    fn not_due(&self, queue: &Queue) -> Option<Because> {
        if self.goes_back() {
            return Some(Because::OlderThanServed);
        }
        if self.replica.record.force_refresh.is_some() {
            return None;
        }
        self.after_failure(queue).or_else(|| self.up_to_date())
    }

    /// Whether it is, or may be, older than what is served: of two snapshots of unknown age the worklist's counts,
    /// but what is known to be old enough is not given up for what nobody knows the age of.
    fn goes_back(&self) -> bool {
        let record = &self.replica.record;
        record.last_restored_snapshot_at.is_some_and(|served| match self.at {
            Some(offered) => offered < served,
            None => !self.is_served(),
        })
    }

    fn is_served(&self) -> bool {
        self.replica.record.last_restored_snapshot_id.as_deref() == Some(self.id)
    }

    /// Why the end of the last attempt keeps this one from beginning.
    fn after_failure(&self, queue: &Queue) -> Option<Because> {
        let last = self.replica.record.attempt.as_ref()?;
        let Some(Ending::Failed { at, reason }) = &last.ending else { return None };
        if self.is_newer_than(last) {
            return None;
        }
        match reason.class() {
            FailureClass::Withdrawn => None,
            FailureClass::InvalidRequest if last.snapshot == self.id => self.still_refused(),
            FailureClass::Outage
                if queue.has_answered_since(*at, *reason, last, self.replica.identity.group) =>
            {
                None
            }
            class => self.backing_off(last, *at, class),
        }
    }

    fn is_newer_than(&self, last: &Attempt) -> bool {
        self.at.zip(last.snapshot_at).is_some_and(|(offered, tried)| offered > tried)
    }

    fn still_refused(&self) -> Option<Because> {
        matches!(self.wanted.target, Target::Impossible { .. }).then_some(Because::Refused)
    }

    fn backing_off(&self, last: &Attempt, at: Timestamp, class: FailureClass) -> Option<Because> {
        let failures = last.failures();
        let pause = backoff::pause(failures, self.replica.namespace.as_str(), self.policy);
        let is_outage = class == FailureClass::Outage;
        let pause = if is_outage { pause.min(self.policy.outage_retry_max) } else { pause };
        let until = later(at, pause);
        (self.now < until).then_some(Because::BackingOff { until, failures })
    }

    /// What is served is served until it is older than it may be, or lost.
    fn up_to_date(&self) -> Option<Because> {
        let since = self.replica.record.last_restored_at.filter(|_| self.is_served())?;
        if heal::is_lost(self.replica, self.policy) {
            let rests = self.now < later(since, self.policy.refresh_min);
            return rests.then_some(Because::ServingTrouble { waiting_for: None });
        }
        let fresh = self.wanted.freshness.map(|age| later(since, age.max(self.policy.refresh_min)));
        fresh.is_none_or(|until| self.now < until).then_some(Because::UpToDate)
    }

    fn attempt(&self) -> Attempt {
        let last = self.replica.record.attempt.as_ref();
        Attempt {
            snapshot: self.id.to_owned(),
            snapshot_at: self.at,
            bucket: self.wanted.target.bucket().map(str::to_owned),
            number: last.map_or(0, |last| last.number).saturating_add(1),
            failures_before: last.filter(|last| !self.is_newer_than(last)).map_or(0, Attempt::failures),
            started_at: self.now,
            resumption: None,
            ending: None,
        }
    }
}

pub(super) fn later(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.saturating_add(by).unwrap_or(Timestamp::MAX)
}

fn write(replica: &Replica, record: Record) -> Step {
    let phase = if record.serving_run.is_some() { Phase::Active } else { Phase::Restoring };
    Step::WriteRecord {
        namespace: replica.namespace.clone(),
        owner: replica.owner.clone(),
        record: Box::new(Record { phase, ..record }),
        notice: None,
    }
}
