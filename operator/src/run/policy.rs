//! Settings to the numbers decisions turn on.

use crate::{
    args::{CanopySettings, StorageSize},
    plan::{Policy, TeardownPolicy, VolumePolicy},
};
use jiff::SignedDuration;
use std::time::Duration;

/// The policy the settings ask for.
pub(super) fn policy(canopy: &CanopySettings) -> Policy {
    let (limits, guard) = (&canopy.limits, &canopy.teardown);
    let count = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
    Policy {
        max_concurrent_restores: count(limits.max_concurrent_restores),
        start_deadline: signed(limits.start_deadline),
        drain: signed(limits.drain),
        restore_deadline: signed(limits.restore_deadline),
        verify_deadline: signed(limits.verify_deadline),
        retry_base: signed(limits.retry_base),
        retry_max: signed(limits.retry_max),
        volumes: VolumePolicy {
            first: canopy.replicas.pvc_size.map(StorageSize::bytes),
            max: canopy.replicas.pvc_size_max.bytes(),
        },
        teardown: TeardownPolicy {
            absences: guard.absences,
            min: signed(guard.min_age),
            hold: signed(guard.hold),
            mass_percent: count(guard.mass_percent),
            window: signed(guard.window),
            window_count: count(guard.window_count),
            window_percent: count(guard.window_percent),
        },
        ..Policy::default()
    }
}

/// Settings are bounded far below what does not fit.
fn signed(duration: Duration) -> SignedDuration {
    SignedDuration::try_from(duration).unwrap_or(SignedDuration::MAX)
}
