//! An attempt in progress: from what the cluster shows of its run to the next step.

mod resume;
mod sizing;

use super::{Because, Decision, Moment, Policy, Step, conclude, fit};
use crate::model::{
    Attempt, Fit, Hindrance, JobPhase, JobSeen, PostgresOrder, PostgresPhase, PostgresSeen, Reason, Record,
    Replica, RestoreOrder, Run, ServeOrder, Size, Snapshot, Target, Trouble, Wanted,
};
use contract::{
    ids::{RunId, SnapshotId},
    names::{RunName, annotations},
    pods::{PrepareReport, Restored},
    probes::Probes,
};
use jiff::{SignedDuration, Timestamp};
use std::time::Duration;

/// The database guests are sent to where none holds tables of its own.
const FALLBACK_DATABASE: &str = "postgres";

/// What all decisions about one attempt need.
struct Driver<'a> {
    replica: &'a Replica,
    attempt: &'a Attempt,
    wish: Result<&'a Wanted, &'a Because>,
    record: &'a Record,
    moment: Moment,
    policy: &'a Policy,
}

/// The next step of an open attempt; where it is not `wish`ed for, nothing is begun that needs the worklist.
pub(super) fn drive(
    replica: &Replica,
    attempt: &Attempt,
    wish: Result<&Wanted, &Because>,
    record: &Record,
    moment: Moment,
    policy: &Policy,
) -> Decision {
    let driver = Driver { replica, attempt, wish, record, moment, policy };
    if let Err(why) = attempt.snapshot.parse::<SnapshotId>() {
        return driver.failed(Reason::InvalidSnapshot, &why.to_string());
    }
    match replica.runs.get(&attempt.run()).map(Box::as_ref) {
        Some(run @ Run { postgres: Some(postgres), .. }) => driver.verifying(run, postgres),
        Some(Run { job: Some(job), writing, outlived, .. }) => driver.restoring(job, *writing || *outlived),
        Some(Run { writing: true, .. } | Run { outlived: true, .. }) => driver.bereft(),
        Some(Run { sizing: Some(sizing), .. }) if driver.must_be_sized() => driver.sizing(sizing),
        _ => driver.starting(driver.known_size()),
    }
}

/// What may be waited for, and how long.
struct Wait<'a> {
    since: Timestamp,
    deadline: SignedDuration,
    /// Whose doing is waited for.
    whose: Whose,
    what: &'static str,
    waiting_for: Option<&'a Trouble>,
}

/// Whose doing is waited for.
enum Whose {
    /// The cluster's, which goes on while no operator runs.
    Cluster,
    /// Our own: it is tried for so long once somebody can.
    Ours(SignedDuration),
}

impl Driver<'_> {
    /// Nothing that holds data exists of the run yet.
    fn starting(&self, size: Option<Size>) -> Decision {
        let run = self.attempt.run();
        if let Some(failed) = self.refused() {
            return failed;
        }
        let wanted = match self.wish {
            Ok(wanted) => wanted,
            Err(because) => return self.unwished(because),
        };
        if self.replica.runs.iter().any(|(name, other)| *name != run && other.may_write()) {
            let wait =
                Wait { whose: Whose::Cluster, ..self.start("see the restore pods of earlier runs end") };
            return self.wait(&wait, || Because::WriterAlive);
        }
        match &wanted.target {
            Target::Restore(snapshot) if snapshot.id.as_str() == self.attempt.snapshot => {
                if size.is_none() && self.must_be_sized() {
                    return self.begin(self.start_sizing(snapshot));
                }
                match fit::fit(size, self.record.volume_min_bytes, self.replica.identity.intent, self.policy)
                {
                    Ok(fit) => self.begin(self.start_restore(snapshot, fit)),
                    Err(why) => self.failed(Reason::VolumeLimit, &why.to_string()),
                }
            }
            Target::Impossible { snapshot, why, .. } if *snapshot == self.attempt.snapshot => {
                self.failed(why.reason, &why.message)
            }
            Target::Nothing | Target::Restore(_) | Target::Impossible { .. } => self
                .failed(Reason::Withdrawn, "nothing was made yet, and the worklist asks for something else"),
        }
    }

    fn start_restore(&self, snapshot: &Snapshot, fit: Fit) -> Step {
        let order = RestoreOrder {
            namespace: self.replica.namespace.clone(),
            identity: self.replica.identity.clone(),
            run: self.attempt.run(),
            snapshot: snapshot.id.clone(),
            source: snapshot.source.clone(),
            fit: Box::new(fit),
            probes: snapshot.probes.clone(),
        };
        Step::StartRestore { order, run_id: self.run_id() }
    }

    fn run_id(&self) -> RunId {
        self.attempt.run_id(self.replica.identity.key, &self.replica.owner.uid)
    }

    /// Tries to make the run's objects for as long as a start may take.
    fn begin(&self, step: Step) -> Decision {
        self.overdue(&self.start("make the restore Job")).unwrap_or(Decision::Do(step))
    }

    fn start(&self, what: &'static str) -> Wait<'_> {
        let (since, deadline) = (self.attempt.since(), self.policy.start_deadline);
        Wait { since, deadline, whose: Whose::Ours(deadline), what, waiting_for: self.passing() }
    }

    /// What hinders this run, and is not helped by trying again.
    fn refused(&self) -> Option<Decision> {
        let Trouble { reason, message } = &self.hindrance().filter(|hindrance| !hindrance.passing)?.trouble;
        Some(self.failed(*reason, message))
    }

    /// What hinders it as yet.
    fn passing(&self) -> Option<&Trouble> {
        self.hindrance().filter(|hindrance| hindrance.passing).map(|hindrance| &hindrance.trouble)
    }

    fn hindrance(&self) -> Option<&Hindrance> {
        self.replica.hindered.as_ref().filter(|hindrance| hindrance.run == self.attempt.run())
    }

    /// Nothing was made yet, and nobody says that it should be: waited for, but not for ever, since others wait too.
    fn unwished(&self, because: &Because) -> Decision {
        if !self.is_over(&self.start("be asked for")) {
            return Decision::Rest(because.clone());
        }
        match because {
            Because::WorklistUnknown => {
                self.failed(Reason::CanopyUnavailable, "no worklist could be read since the start")
            }
            _ => self.failed(Reason::Withdrawn, "the worklist does not ask for it any more"),
        }
    }

    /// The Job is gone and a pod is not: it may still write, so nothing else may.
    fn bereft(&self) -> Decision {
        self.wait(
            &Wait {
                since: self.attempt.since(),
                deadline: self.policy.start_deadline + fit::restore_deadline(self.known_size(), self.policy),
                whose: Whose::Cluster,
                what: "see the last pod of the run end",
                waiting_for: None,
            },
            || Because::WriterAlive,
        )
    }

    fn restoring(&self, job: &JobSeen, writing: bool) -> Decision {
        if self.was_given_up(job) {
            return self.remove_given_up(job, writing);
        }
        let since = job.created_at;
        let restore_deadline = self.policy.start_deadline + fit::restore_deadline(job.size, self.policy);
        match &job.phase {
            JobPhase::Starting { waiting_for } => {
                let (deadline, waiting_for) = (self.policy.start_deadline, waiting_for.as_ref());
                let what = "start the restore pod";
                let wait = Wait { since, deadline, whose: Whose::Cluster, what, waiting_for };
                self.wait(&wait, || Because::RestoreRunning { since, waiting_for: waiting_for.cloned() })
            }
            JobPhase::Running => {
                let deadline = restore_deadline;
                let what = "restore the snapshot";
                let wait = Wait { since, deadline, whose: Whose::Cluster, what, waiting_for: None };
                self.wait(&wait, || Because::RestoreRunning { since, waiting_for: None })
            }
            JobPhase::Restored(_) if writing => {
                let deadline = restore_deadline;
                let what = "see every pod of the run end";
                let wait = Wait { since, deadline, whose: Whose::Cluster, what, waiting_for: None };
                self.wait(&wait, || Because::WriterAlive)
            }
            JobPhase::Restored(restored) => self.restored(job, restored),
            JobPhase::Failed(failure) => self.broken_off(job, failure.reason.into(), &failure.message),
            JobPhase::Lost(Trouble { reason, message }) => {
                let message = format!("the restore pod ended without a result: {message}");
                self.broken_off(job, *reason, &message)
            }
        }
    }

    fn restored(&self, job: &JobSeen, restored: &Restored) -> Decision {
        if restored.snapshot_id.as_str() != self.attempt.snapshot {
            let message = format!("asked for {}, restored {}", self.attempt.snapshot, restored.snapshot_id);
            return self.failed(Reason::WrongSnapshot, &message);
        }
        let Some(probes) = &job.probes else {
            let message = format!("annotation {} of the restore Job does not read", annotations::PROBES);
            return self.failed(Reason::InvalidProbes, &message);
        };
        let wait = self.bring_up(job.ended_at.ok_or(job.created_at));
        self.refused()
            .or_else(|| self.overdue(&wait))
            .unwrap_or_else(|| self.start_postgres(restored, probes))
    }

    /// What is tried until its deadline once the restore has ended: at the latest when all of it might have.
    fn bring_up(&self, ended: Result<Timestamp, Timestamp>) -> Wait<'_> {
        let start = self.policy.start_deadline;
        let (since, deadline) = match ended {
            Ok(at) => (at, start),
            Err(begun) => (begun, start + self.policy.restore_deadline + start),
        };
        let (what, waiting_for) = ("make the postgres Deployment", self.passing());
        Wait { since, deadline, whose: Whose::Ours(start), what, waiting_for }
    }

    fn start_postgres(&self, restored: &Restored, probes: &Probes) -> Decision {
        Decision::Do(Step::StartPostgres(PostgresOrder {
            namespace: self.replica.namespace.clone(),
            identity: self.replica.identity.clone(),
            run: self.attempt.run(),
            snapshot: self.attempt.snapshot.clone(),
            snapshot_at: self.attempt.snapshot_at,
            postgres_major: restored.postgres_major,
            data_dir: restored.data_dir.clone(),
            deadline: verify_deadline(restored, self.policy),
            probes: probes.clone(),
            rows_before: self.record.last_restored_rows.clone(),
        }))
    }

    fn verifying(&self, run: &Run, postgres: &PostgresSeen) -> Decision {
        let since = postgres.created_at;
        let size = run.job.as_ref().and_then(JobSeen::restored_size);
        let verify_deadline = self.policy.start_deadline + fit::verify_deadline(size, self.policy);
        match &postgres.phase {
            PostgresPhase::Starting { waiting_for } => {
                let (deadline, waiting_for) = (self.policy.start_deadline, waiting_for.as_ref());
                let what = "start the postgres pod";
                let wait = Wait { since, deadline, whose: Whose::Cluster, what, waiting_for };
                self.wait(&wait, || Because::Verifying { since, waiting_for: waiting_for.cloned() })
            }
            PostgresPhase::Preparing => {
                let (deadline, what) = (verify_deadline, "recover and check the database");
                let wait = Wait { since, deadline, whose: Whose::Cluster, what, waiting_for: None };
                self.wait(&wait, || Because::Verifying { since, waiting_for: None })
            }
            PostgresPhase::Ready(report) if report.is_sound() => {
                let switch = self.policy.switch_deadline;
                let (deadline, whose) = (verify_deadline + switch, Whose::Ours(switch));
                let (what, waiting_for) = ("point the Service to it", self.passing());
                self.ready(report, &Wait { since, deadline, whose, what, waiting_for })
            }
            PostgresPhase::Ready(report) => {
                let message = "PostgreSQL answers, but not every mandatory check passed";
                self.unsound(Reason::Unsound, Some(report), message)
            }
            PostgresPhase::Failed { report, trouble } => {
                self.unsound(trouble.reason, report.as_deref(), &trouble.message)
            }
        }
    }

    fn ready(&self, report: &PrepareReport, wait: &Wait<'_>) -> Decision {
        let run = self.attempt.run();
        if self.replica.service.as_ref().and_then(|service| service.run.as_ref()) == Some(&run) {
            return Decision::Do(conclude::succeeded(&self.facts(), report));
        }
        let ended = self.refused().or_else(|| self.overdue(wait));
        ended.unwrap_or_else(|| Decision::Do(serve(self.replica, run, report)))
    }

    fn wait(&self, wait: &Wait<'_>, because: impl FnOnce() -> Because) -> Decision {
        self.overdue(wait).unwrap_or_else(|| Decision::Rest(because()))
    }

    /// The end of a wait that has taken too long: whoever the cluster says kept it waiting is to blame.
    fn overdue(&self, wait: &Wait<'_>) -> Option<Decision> {
        if !self.is_over(wait) {
            return None;
        }
        let within = format!("failed to {} within {} s", wait.what, wait.deadline.as_secs());
        Some(match wait.waiting_for {
            Some(Trouble { reason, message }) => {
                self.failed(*reason, &format!("{within}; last seen: {message}"))
            }
            None => self.failed(Reason::DeadlineExceeded, &within),
        })
    }

    /// Whether a wait has taken too long. What nobody could do was not waited for.
    fn is_over(&self, wait: &Wait<'_>) -> bool {
        let tried = match wait.whose {
            Whose::Cluster => true,
            Whose::Ours(time) => self.moment.now.duration_since(self.moment.acting_since) > time,
        };
        tried && self.moment.now.duration_since(wait.since) > wait.deadline
    }

    fn facts(&self) -> conclude::Facts<'_> {
        conclude::Facts::new(self.replica, self.attempt, self.record, self.moment.now, self.policy)
    }

    fn failed(&self, reason: Reason, message: &str) -> Decision {
        self.unsound(reason, None, message)
    }

    fn unsound(&self, reason: Reason, report: Option<&PrepareReport>, message: &str) -> Decision {
        Decision::Do(conclude::failed(&self.facts(), &Trouble::new(reason, message), report))
    }
}

/// How long recovery and checks of what was `restored` may take.
pub(super) fn verify_deadline(restored: &Restored, policy: &Policy) -> Duration {
    let size = Size { bytes: restored.bytes, files: restored.files };
    Duration::try_from(fit::verify_deadline(Some(size), policy)).unwrap_or_default()
}

/// Lets guests in to `run`.
pub(super) fn serve(replica: &Replica, run: RunName, report: &PrepareReport) -> Step {
    let order = ServeOrder {
        namespace: replica.namespace.clone(),
        identity: replica.identity.clone(),
        run,
        database: report.primary_database.clone().unwrap_or_else(|| FALLBACK_DATABASE.to_owned()),
    };
    Step::Serve { order, owner: replica.owner.clone() }
}
