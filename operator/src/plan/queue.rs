//! Who may begin: so many at a time, and nothing that is known to meet an outage.

use super::{Because, Policy, Worklist, breaker::Breakers};
use crate::model::{Attempt, Observed, Reason, Replica, Wanted};
use contract::ids::GroupId;
use jiff::Timestamp;

/// Attempts that may still be begun.
#[derive(Debug)]
pub(super) struct Queue {
    free: usize,
    breakers: Breakers,
}

impl Queue {
    pub(super) fn new(observed: &Observed, worklist: &Worklist, now: Timestamp, policy: &Policy) -> Self {
        let open = |replica: &Replica| replica.record.attempt.as_ref().is_some_and(Attempt::is_open);
        let restoring = |replica: &&Replica| {
            replica.going.is_none() && open(replica) && !observed.behind.contains(&replica.namespace)
        };
        // What was last written and is not seen yet may have been the beginning of an attempt.
        let taken = observed.behind.len() + observed.replicas().filter(restoring).count();
        Self {
            free: policy.max_concurrent_restores.saturating_sub(taken),
            breakers: Breakers::of(observed.replicas(), worklist, now, policy),
        }
    }

    /// Takes a place for `wanted`, or says why there is none.
    pub(super) fn take(
        &mut self,
        replica: &Replica,
        wanted: &Wanted,
        now: Timestamp,
        policy: &Policy,
    ) -> Result<(), Because> {
        if self.free == 0 {
            return Err(Because::NoSlot);
        }
        let (namespace, group) = (&replica.namespace, replica.identity.group);
        let bucket = wanted.target.bucket();
        self.breakers.admit(namespace, bucket, group, now, policy).map_err(Because::Parked)?;
        self.free -= 1;
        Ok(())
    }

    /// Whether what `attempt`, which ended for this reason then, asked in vain has answered others since.
    pub(super) fn has_answered_since(
        &self,
        at: Timestamp,
        reason: Reason,
        attempt: &Attempt,
        group: GroupId,
    ) -> bool {
        self.breakers.has_answered_since(at, reason, attempt, group)
    }
}
