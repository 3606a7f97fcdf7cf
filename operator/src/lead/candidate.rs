//! When the Lease may be taken: a pure decision over what was seen of it, and when.
//!
//! Another's Lease has run out when it stayed the same for as long as its holder promised, counted from when *we*
//! first saw it so. The times written into it are another clock's and for people only.

use crate::args::LeaseTimes;
use jiff::Timestamp;
use k8s_openapi::{
    api::coordination::v1::{Lease, LeaseSpec},
    apimachinery::pkg::apis::meta::v1::MicroTime,
};
use std::time::Duration;
use tokio::time::Instant;

/// What a released Lease promises: one second, as client-go writes it.
const RELEASED_SECS: i32 = 1;

/// The longest promise that is believed. No setting of ours makes a longer one; whoever wrote it, an operator that
/// is never relieved would be worse.
const PROMISE_MAX: Duration = Duration::from_mins(5);

/// One who would lead.
#[derive(Debug)]
pub(super) struct Candidate {
    me: String,
    times: LeaseTimes,
    seen: Option<Seen>,
}

/// The version of the Lease that was seen last, and when it was seen first.
#[derive(Debug)]
struct Seen {
    version: Option<String>,
    at: Instant,
}

/// What to do about the Lease as it stands.
#[derive(Debug, PartialEq)]
pub(super) enum Move {
    /// There is none: make this one.
    Create(LeaseSpec),
    /// It is mine, free, or has run out: put this in its place.
    Take(LeaseSpec),
    /// It is another's.
    Wait {
        /// Whose.
        holder: String,
    },
}

impl Candidate {
    pub(super) fn new(me: String, times: LeaseTimes) -> Self {
        Self { me, times, seen: None }
    }

    pub(super) fn name(&self) -> &str {
        &self.me
    }

    pub(super) fn times(&self) -> LeaseTimes {
        self.times
    }

    /// What to do about the Lease that was `found` at `now`; `wall` is what people read in it.
    pub(super) fn judge(&mut self, found: Option<&Lease>, now: Instant, wall: Timestamp) -> Move {
        let Some(lease) = found else {
            self.seen = None;
            return Move::Create(self.claim(&LeaseSpec::default(), wall));
        };
        let since = self.seen_since(lease, now);
        let empty = LeaseSpec::default();
        let spec = lease.spec.as_ref().unwrap_or(&empty);
        match spec.holder_identity.as_deref().filter(|holder| !holder.is_empty()) {
            Some(holder) if holder == self.me => Move::Take(renewed(spec, wall)),
            Some(holder) if now.duration_since(since) < self.promise(spec) => {
                Move::Wait { holder: holder.to_owned() }
            }
            _ => Move::Take(self.claim(spec, wall)),
        }
    }

    /// The Lease without a holder, for the next to take at once; none if it is not ours to release.
    pub(super) fn release(&self, lease: &Lease, wall: Timestamp) -> Option<LeaseSpec> {
        let spec = lease.spec.as_ref().filter(|spec| spec.holder_identity.as_ref() == Some(&self.me))?;
        Some(LeaseSpec {
            holder_identity: Some(String::new()),
            lease_duration_seconds: Some(RELEASED_SECS),
            ..renewed(spec, wall)
        })
    }

    fn seen_since(&mut self, lease: &Lease, now: Instant) -> Instant {
        let version = &lease.metadata.resource_version;
        match &self.seen {
            Some(seen) if seen.version == *version => seen.at,
            _ => {
                self.seen = Some(Seen { version: version.clone(), at: now });
                now
            }
        }
    }

    /// How long its holder may believe to lead; never less than our own setting, should it say nonsense.
    fn promise(&self, spec: &LeaseSpec) -> Duration {
        let secs = spec.lease_duration_seconds.and_then(|secs| u64::try_from(secs).ok()).unwrap_or(0);
        Duration::from_secs(secs).min(PROMISE_MAX).max(self.times.duration)
    }

    fn claim(&self, before: &LeaseSpec, wall: Timestamp) -> LeaseSpec {
        let terms = before.lease_transitions;
        LeaseSpec {
            holder_identity: Some(self.me.clone()),
            lease_duration_seconds: i32::try_from(self.times.duration.as_secs()).ok(),
            acquire_time: Some(MicroTime(wall)),
            lease_transitions: Some(terms.map_or(0, |terms| terms.saturating_add(1))),
            ..renewed(before, wall)
        }
    }
}

fn renewed(spec: &LeaseSpec, wall: Timestamp) -> LeaseSpec {
    LeaseSpec { renew_time: Some(MicroTime(wall)), ..spec.clone() }
}

#[cfg(test)]
mod tests;
