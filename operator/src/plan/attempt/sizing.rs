//! How large the snapshot is, asked of its repository before anything that holds data is made.

use super::{Driver, Wait, Whose};
use crate::{
    model::{Reason, Size, SizingOrder, SizingPhase, SizingSeen, Snapshot, Trouble},
    plan::{Because, Decision, Step, fit},
};

impl Driver<'_> {
    /// The size of the snapshot, where it was written down.
    pub(super) fn known_size(&self) -> Option<Size> {
        let size = self.record.snapshot_size.as_ref();
        size.filter(|size| size.snapshot_id.as_str() == self.attempt.snapshot).map(|size| Size::from(&**size))
    }

    pub(super) fn must_be_sized(&self) -> bool {
        self.known_size().is_none() && fit::needs_size(self.record.volume_min_bytes, &self.policy.volumes)
    }

    /// The repository is asked for the size.
    pub(super) fn sizing(&self, sizing: &SizingSeen) -> Decision {
        let since = sizing.created_at;
        match &sizing.phase {
            SizingPhase::Starting { waiting_for } => {
                let (deadline, waiting_for) = (self.policy.start_deadline, waiting_for.as_ref());
                let what = "start the sizing pod";
                let wait = Wait { since, deadline, whose: Whose::Cluster, what, waiting_for };
                self.wait(&wait, || Because::Sizing { since, waiting_for: waiting_for.cloned() })
            }
            SizingPhase::Running => {
                let deadline = self.policy.start_deadline + self.policy.sizing_deadline;
                let what = "learn how large the snapshot is";
                let wait = Wait { since, deadline, whose: Whose::Cluster, what, waiting_for: None };
                self.wait(&wait, || Because::Sizing { since, waiting_for: None })
            }
            SizingPhase::Sized(size) if size.snapshot_id.as_str() == self.attempt.snapshot => {
                self.starting(Some(size.into()))
            }
            SizingPhase::Sized(size) => {
                let message = format!("asked for {}, sized {}", self.attempt.snapshot, size.snapshot_id);
                self.failed(Reason::WrongSnapshot, &message)
            }
            SizingPhase::Failed(failure) => self.failed(failure.reason.into(), &failure.message),
            SizingPhase::Lost(Trouble { reason, message }) => {
                self.failed(*reason, &format!("the sizing pod ended without a result: {message}"))
            }
        }
    }

    pub(super) fn start_sizing(&self, snapshot: &Snapshot) -> Step {
        let order = SizingOrder {
            namespace: self.replica.namespace.clone(),
            identity: self.replica.identity.clone(),
            run: self.attempt.run(),
            snapshot: snapshot.id.clone(),
            source: snapshot.source.clone(),
        };
        Step::StartSizing { order, run_id: self.run_id() }
    }
}
