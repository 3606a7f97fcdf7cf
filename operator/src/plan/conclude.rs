//! The end of an attempt: what is remembered, and the report that is written down with it in one write.

use super::{Notice, Policy, Step, fit};
use crate::model::{Attempt, Ending, Phase, Reason, Record, Replica, Run, Size, SizingPhase, Trouble};
use contract::{
    broker::TrafficStats,
    canopy::{HealthDetails, Outcome, Verification},
    pods::{PrepareReport, SnapshotSize},
};
use jiff::Timestamp;

/// Longest error text that is remembered and reported, characters.
const ERROR_MAX: usize = 2000;

/// What a conclusion is drawn from.
pub(super) struct Facts<'a> {
    replica: &'a Replica,
    attempt: &'a Attempt,
    record: &'a Record,
    now: Timestamp,
    policy: &'a Policy,
}

impl<'a> Facts<'a> {
    pub(super) fn new(
        replica: &'a Replica,
        attempt: &'a Attempt,
        record: &'a Record,
        now: Timestamp,
        policy: &'a Policy,
    ) -> Self {
        Self { replica, attempt, record, now, policy }
    }

    fn ended(&self, ending: Ending) -> Attempt {
        Attempt { ending: Some(ending), ..self.attempt.clone() }
    }

    fn run(&self) -> Option<&'a Run> {
        self.replica.runs.get(&self.attempt.run()).map(Box::as_ref)
    }

    fn traffic(&self) -> Option<TrafficStats> {
        self.run()?.job.as_ref()?.traffic
    }

    /// How large the snapshot is: what the run was fitted to, what the repository said, or what is known from before.
    pub(super) fn size(&self) -> Option<Box<SnapshotSize>> {
        let sized = |size: Size| {
            let snapshot_id = self.attempt.snapshot.parse().ok()?;
            Some(Box::new(SnapshotSize { snapshot_id, bytes: size.bytes, files: size.files }))
        };
        let run = self.run();
        let fitted = run.and_then(|run| run.job.as_ref()?.size);
        let said = run.and_then(|run| match &run.sizing.as_ref()?.phase {
            SizingPhase::Sized(size) if size.snapshot_id.as_str() == self.attempt.snapshot => {
                Some(Size::from(size))
            }
            _ => None,
        });
        fitted.or(said).and_then(sized).or_else(|| self.record.snapshot_size.clone())
    }

    /// The least size of the next volume, if this one proved too small.
    fn volume_min_bytes(&self, reason: Reason, size: Option<&SnapshotSize>) -> Option<u64> {
        let before = self.record.volume_min_bytes;
        if reason != Reason::NoSpace {
            return before;
        }
        let fitted = fit::fit(size.map(Size::from), before, self.replica.identity.intent, self.policy);
        fitted.ok().map(|fit| fit::grown(fit.volume_bytes, self.policy.volumes.max)).or(before)
    }

    fn report(
        &self,
        outcome: Outcome,
        checked: Option<&PrepareReport>,
        error: Option<String>,
    ) -> Verification {
        let identity = &self.replica.identity;
        let traffic = self.traffic();
        Verification {
            group: identity.group,
            server_id: identity.key.server_id,
            backup_type: identity.backup_type.clone(),
            intent: identity.intent,
            outcome,
            replica_healthy: outcome == Outcome::Success && checked.is_some_and(PrepareReport::is_sound),
            observed_at: self.now,
            replica_id: Some(identity.key.replica_id),
            run_id: Some(self.attempt.run_id(identity.key, &self.replica.owner.uid)),
            snapshot_id: Some(self.attempt.snapshot.clone()),
            error,
            postgres_version: checked.and_then(|report| report.postgres_version.clone()),
            s3_sent_raw_bytes: traffic.map(|t| t.s3_sent_raw_bytes),
            s3_sent_payload_bytes: traffic.map(|t| t.s3_sent_payload_bytes),
            s3_received_raw_bytes: traffic.map(|t| t.s3_received_raw_bytes),
            s3_received_payload_bytes: traffic.map(|t| t.s3_received_payload_bytes),
            health_details: checked.and_then(|report| serde_json::to_value(details(report)).ok()),
        }
    }

    fn write(&self, record: Record, report: Option<Verification>, notice: Notice) -> Step {
        let mut record = record;
        record.outbox.extend(report);
        Step::WriteRecord {
            namespace: self.replica.namespace.clone(),
            owner: self.replica.owner.clone(),
            record: Box::new(record),
            notice: Some(notice),
        }
    }
}

fn details(report: &PrepareReport) -> HealthDetails {
    HealthDetails {
        fixes: report.fixes.clone(),
        checks: report.checks.clone(),
        databases: report.databases.clone(),
    }
}

/// The attempt's database is served and sound.
pub(super) fn succeeded(facts: &Facts<'_>, checked: &PrepareReport) -> Step {
    let attempt = facts.attempt;
    let record = Record {
        phase: Phase::Active,
        last_restored_snapshot_id: Some(attempt.snapshot.clone()),
        last_restored_snapshot_at: attempt.snapshot_at.or_else(|| same_snapshot_at(facts)),
        last_restored_at: Some(facts.now),
        last_restored_rows: checked.row_counts(),
        serving_run: Some(attempt.run()),
        postgres_version: checked.postgres_version.clone(),
        last_verification_error: None,
        snapshot_size: None,
        attempt: Some(facts.ended(Ending::Succeeded { at: facts.now })),
        ..facts.record.clone()
    };
    let notice =
        Notice::Verified { intent: facts.replica.identity.intent, snapshot: attempt.snapshot.clone() };
    facts.write(record, Some(facts.report(Outcome::Success, Some(checked), None)), notice)
}

/// When the served snapshot was taken, where the worklist has stopped saying it.
fn same_snapshot_at(facts: &Facts<'_>) -> Option<Timestamp> {
    let is_same = facts.record.last_restored_snapshot_id.as_ref() == Some(&facts.attempt.snapshot);
    facts.record.last_restored_snapshot_at.filter(|_| is_same)
}

/// The attempt failed; what served before goes on serving. An outage is remembered, and Canopy is not told: it says
/// nothing about the backup.
pub(super) fn failed(facts: &Facts<'_>, trouble: &Trouble, checked: Option<&PrepareReport>) -> Step {
    let error: String = trouble.to_string().chars().take(ERROR_MAX).collect();
    let phase = if facts.record.serving_run.is_some() { Phase::Active } else { Phase::Failed };
    let reason = trouble.reason;
    let before = facts.record.last_verification_error.clone();
    let snapshot_size = facts.size();
    let record = Record {
        phase,
        last_verification_error: Some(error.clone()).filter(|_| reason != Reason::Withdrawn).or(before),
        volume_min_bytes: facts.volume_min_bytes(reason, snapshot_size.as_deref()),
        snapshot_size,
        attempt: Some(facts.ended(Ending::Failed { at: facts.now, reason })),
        ..facts.record.clone()
    };
    let notice = Notice::Failed { intent: facts.replica.identity.intent, reason, message: error.clone() };
    let is_told = reason.class().is_reported();
    let report = is_told.then(|| facts.report(Outcome::Failure, checked, Some(error)));
    facts.write(record, report, notice)
}
