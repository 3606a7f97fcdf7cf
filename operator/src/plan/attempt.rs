//! An attempt in progress: from what the cluster shows of its run to the next step.

use super::{Because, Decision, Policy, Step, conclude, refresh};
use crate::model::{
    Attempt, FailureClass, JobPhase, JobSeen, PostgresOrder, PostgresPhase, PostgresSeen, Record, Replica,
    RestoreOrder, Run, ServeOrder, Target, Wanted,
};
use contract::{
    ids::SnapshotId,
    pods::{Failure, FailureReason, PrepareReport, Restored},
};
use jiff::{SignedDuration, Timestamp};

/// The database guests are sent to where none holds tables of its own.
const FALLBACK_DATABASE: &str = "postgres";

/// What all decisions about one attempt need.
struct Driver<'a> {
    replica: &'a Replica,
    attempt: &'a Attempt,
    wanted: Option<&'a Wanted>,
    record: &'a Record,
    now: Timestamp,
    policy: &'a Policy,
}

/// The next step of an open attempt; without `wanted` nothing is begun that needs the worklist.
pub(super) fn drive(
    replica: &Replica,
    attempt: &Attempt,
    wanted: Option<&Wanted>,
    record: &Record,
    now: Timestamp,
    policy: &Policy,
) -> Decision {
    let driver = Driver { replica, attempt, wanted, record, now, policy };
    if let Err(why) = attempt.snapshot.parse::<SnapshotId>() {
        return driver.failed(FailureClass::InvalidRequest, &why.to_string());
    }
    match replica.runs.get(&attempt.run()).map(Box::as_ref) {
        Some(Run { postgres: Some(postgres), .. }) => driver.verifying(postgres),
        Some(Run { job: Some(job), .. }) => driver.restoring(job),
        _ => driver.starting(),
    }
}

impl Driver<'_> {
    fn starting(&self) -> Decision {
        let run = self.attempt.run();
        if let Some((_, why)) = self.replica.denied.as_ref().filter(|(denied, _)| *denied == run) {
            return self.failed(FailureClass::CredentialsDenied, why);
        }
        let Some(wanted) = self.wanted else { return Decision::Rest(Because::WorklistUnknown) };
        match &wanted.target {
            Target::Restore(snapshot) if snapshot.id.as_str() == self.attempt.snapshot => {
                Decision::Do(Step::StartRestore {
                    order: RestoreOrder {
                        namespace: self.replica.namespace.clone(),
                        identity: self.replica.identity.clone(),
                        run,
                        snapshot: snapshot.id.clone(),
                        source: snapshot.source.clone(),
                    },
                    run_id: self.attempt.run_id(self.replica.identity.key),
                })
            }
            Target::Impossible { snapshot, why, .. } if *snapshot == self.attempt.snapshot => {
                self.failed(FailureClass::InvalidRequest, why)
            }
            Target::Nothing | Target::Restore(_) | Target::Impossible { .. } => {
                Decision::Do(refresh::abandon(self.replica, self.record))
            }
        }
    }

    fn restoring(&self, job: &JobSeen) -> Decision {
        let since = job.created_at;
        match &job.phase {
            JobPhase::Starting { waiting_for } => self.wait(
                since,
                self.policy.start_deadline,
                "start the restore pod",
                waiting_for.as_deref(),
                || Because::RestoreRunning { since, waiting_for: waiting_for.clone() },
            ),
            JobPhase::Running => {
                let deadline = self.policy.start_deadline + self.policy.restore_deadline;
                self.wait(since, deadline, "restore the snapshot", None, || Because::RestoreRunning {
                    since,
                    waiting_for: None,
                })
            }
            JobPhase::Restored(restored) => self.restored(restored),
            JobPhase::Failed(failure) => self.failed(class_of(failure.reason), &failure.to_string()),
            JobPhase::Lost(why) => self.failed(
                FailureClass::Infrastructure,
                &format!("the restore pod ended without a result: {why}"),
            ),
        }
    }

    fn restored(&self, restored: &Restored) -> Decision {
        if restored.snapshot_id.as_str() != self.attempt.snapshot {
            let message = format!("asked for {}, restored {}", self.attempt.snapshot, restored.snapshot_id);
            return self.failed(FailureClass::Infrastructure, &message);
        }
        Decision::Do(Step::StartPostgres(PostgresOrder {
            namespace: self.replica.namespace.clone(),
            identity: self.replica.identity.clone(),
            run: self.attempt.run(),
            snapshot: self.attempt.snapshot.clone(),
            snapshot_at: self.attempt.snapshot_at,
            postgres_major: restored.postgres_major,
            data_dir: restored.data_dir.clone(),
        }))
    }

    fn verifying(&self, postgres: &PostgresSeen) -> Decision {
        let since = postgres.created_at;
        match &postgres.phase {
            PostgresPhase::Starting { waiting_for } => self.wait(
                since,
                self.policy.start_deadline,
                "start the postgres pod",
                waiting_for.as_deref(),
                || Because::Verifying { since, waiting_for: waiting_for.clone() },
            ),
            PostgresPhase::Preparing => {
                let deadline = self.policy.start_deadline + self.policy.verify_deadline;
                self.wait(since, deadline, "recover and check the database", None, || Because::Verifying {
                    since,
                    waiting_for: None,
                })
            }
            PostgresPhase::Ready(report) if report.is_sound() => self.ready(report),
            PostgresPhase::Ready(report) => {
                let message = "PostgreSQL answers, but not every mandatory check passed";
                self.unsound(FailureClass::VerificationFailed, Some(report), message)
            }
            PostgresPhase::Failed { report, message } => {
                let reason = report.as_ref().and_then(|r| r.failure.as_ref()).map(|f: &Failure| f.reason);
                self.unsound(
                    reason.map_or(FailureClass::Infrastructure, class_of),
                    report.as_deref(),
                    message,
                )
            }
        }
    }

    fn ready(&self, report: &PrepareReport) -> Decision {
        let run = self.attempt.run();
        if self.replica.service.as_ref().and_then(|service| service.run.as_ref()) == Some(&run) {
            let facts = conclude::Facts::new(self.replica, self.attempt, self.record, self.now);
            return Decision::Do(conclude::succeeded(&facts, report));
        }
        Decision::Do(Step::Serve(ServeOrder {
            namespace: self.replica.namespace.clone(),
            identity: self.replica.identity.clone(),
            run,
            database: report.primary_database.clone().unwrap_or_else(|| FALLBACK_DATABASE.to_owned()),
        }))
    }

    fn wait(
        &self,
        since: Timestamp,
        deadline: SignedDuration,
        what: &str,
        waiting_for: Option<&str>,
        because: impl FnOnce() -> Because,
    ) -> Decision {
        if self.now.duration_since(since) <= deadline {
            return Decision::Rest(because());
        }
        let last = waiting_for.unwrap_or("no reason given by the cluster");
        let message = format!("failed to {what} within {} s; last seen: {last}", deadline.as_secs());
        self.failed(FailureClass::Deadline, &message)
    }

    fn failed(&self, class: FailureClass, message: &str) -> Decision {
        self.unsound(class, None, message)
    }

    fn unsound(&self, class: FailureClass, report: Option<&PrepareReport>, message: &str) -> Decision {
        let facts = conclude::Facts::new(self.replica, self.attempt, self.record, self.now);
        Decision::Do(conclude::failed(&facts, class, report, message))
    }
}

/// Who is to blame for what a pod said.
fn class_of(reason: FailureReason) -> FailureClass {
    match reason {
        FailureReason::RepositoryPassword
        | FailureReason::RepositoryUnreadable
        | FailureReason::SnapshotNotFound
        | FailureReason::RestoreIncomplete
        | FailureReason::NoCluster
        | FailureReason::AmbiguousCluster
        | FailureReason::UnsupportedVersion
        | FailureReason::UnsafeLink
        | FailureReason::Recovery => FailureClass::BackupBad,
        FailureReason::CheckFailed => FailureClass::VerificationFailed,
        FailureReason::Deadline => FailureClass::Deadline,
        FailureReason::BadSpec
        | FailureReason::ProxyUnavailable
        | FailureReason::StorageUnavailable
        | FailureReason::NoSpace
        | FailureReason::Internal => FailureClass::Infrastructure,
    }
}
