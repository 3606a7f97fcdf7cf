//! A restore that was broken off goes on where it was, on the volume it was filling, within the same attempt.
//!
//! The Job that ended is written down as given up, then removed, then made anew; the agent finds what is on the volume.
//! Nothing is told to Canopy: nothing came of it yet.

use super::{Driver, Wait, Whose};
use crate::{
    model::{Attempt, JobSeen, Reason, Record, Resumption},
    plan::{Because, Decision, Notice, Step, refresh::later},
};

impl Driver<'_> {
    /// The restore ended, and the snapshot is not to blame for some of the reasons.
    pub(super) fn broken_off(&self, job: &JobSeen, reason: Reason, message: &str) -> Decision {
        let resumes = self.attempt.resumption.as_ref().map_or(0, |resumption| resumption.count);
        if !self.is_still_wished() || !may_go_on_after(reason) || resumes >= self.policy.resumes_max {
            return self.failed(reason, message);
        }
        let resumption = Resumption { count: resumes + 1, job: job.id, at: self.moment.now };
        let attempt = Attempt { resumption: Some(Box::new(resumption)), ..self.attempt.clone() };
        let record =
            Record { attempt: Some(attempt), snapshot_size: self.facts().size(), ..self.record.clone() };
        Decision::Do(Step::WriteRecord {
            namespace: self.replica.namespace.clone(),
            owner: self.replica.owner.clone(),
            record: Box::new(record),
            notice: Some(Notice::Resumed { reason, message: message.to_owned() }),
        })
    }

    /// Whether the worklist asks for this snapshot, as far as is known.
    fn is_still_wished(&self) -> bool {
        match self.wish {
            Ok(wanted) => {
                wanted.target.snapshot().is_some_and(|(snapshot, _)| snapshot == self.attempt.snapshot)
            }
            // nobody says anything else; before the Job is made anew somebody has to
            Err(Because::WorklistUnknown | Because::Quarantined { .. }) => true,
            Err(_) => false,
        }
    }

    /// Whether `job` is the one that was given up.
    pub(super) fn was_given_up(&self, job: &JobSeen) -> bool {
        self.attempt.resumption.as_ref().is_some_and(|resumption| job.id == resumption.job)
    }

    /// It makes room for the next after a pause, once none of its pods can still write.
    pub(super) fn remove_given_up(&self, job: &JobSeen, writing: bool) -> Decision {
        if writing {
            let what = "see every pod of the restore that was broken off end";
            let (since, deadline) = (self.attempt.since(), self.policy.start_deadline);
            return self
                .wait(&Wait { since, deadline, whose: Whose::Cluster, what, waiting_for: None }, || {
                    Because::WriterAlive
                });
        }
        let until = later(self.attempt.since(), self.policy.retry_base);
        if self.moment.now < until {
            let failures = self.attempt.resumption.as_ref().map_or(0, |resumption| resumption.count);
            return Decision::Rest(Because::BackingOff { until, failures });
        }
        Decision::Do(Step::RemoveJob {
            namespace: self.replica.namespace.clone(),
            run: self.attempt.run(),
            job: job.id,
        })
    }
}

/// Reasons that end a pod and say nothing of the snapshot, the repository or the volume.
fn may_go_on_after(reason: Reason) -> bool {
    matches!(
        reason,
        Reason::Evicted
            | Reason::NodeLost
            | Reason::OomKilled
            | Reason::Interrupted
            | Reason::ResultLost
            | Reason::DeadlineExceeded
    )
}
