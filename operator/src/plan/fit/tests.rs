use super::{
    DEADLINE_MAX, GIB, MEMORY_MAX, MEMORY_MIN, MIB, PARALLEL_MAX, PARALLEL_MIN, fit, grown, needs_size,
    verify_deadline,
};
use crate::{
    model::Size,
    plan::{Policy, VolumePolicy},
};
use contract::ids::Intent;
use jiff::SignedDuration;
use proptest::prelude::*;

const TIB: u64 = 1024 * GIB;

fn policy(first: Option<u64>) -> Policy {
    Policy { volumes: VolumePolicy { first, max: 4 * TIB }, ..Policy::default() }
}

fn volume(size: Option<Size>, least: Option<u64>, first: Option<u64>) -> u64 {
    fit(size, least, Intent::Verify, &policy(first)).unwrap().volume_bytes
}

fn size(bytes: u64) -> Size {
    Size { bytes, files: 1000 }
}

#[test]
fn a_small_database_gets_room_for_its_log() {
    assert_eq!(volume(Some(size(60 * MIB)), None, None), 3 * GIB);
}

#[test]
fn a_database_of_a_hundred_gigabytes_gets_a_third_more_and_a_quarter_of_the_parallelism() {
    let fit = fit(Some(size(100 * GIB)), None, Intent::Verify, &policy(None)).unwrap();
    assert_eq!(fit.volume_bytes, 135 * GIB);
    assert_eq!(fit.parallel.get(), 20);
    assert_eq!(fit.memory_bytes, 832 * MIB);
    assert_eq!(fit.deadline.as_secs(), 4 * 3600);
}

#[test]
fn a_terabyte_may_take_longer_than_the_deadline_that_is_set() {
    let fit = fit(Some(size(TIB)), None, Intent::Verify, &policy(None)).unwrap();
    assert_eq!(fit.deadline.as_secs(), TIB / (10 * MIB) + 10);
    assert!(verify_deadline(Some(size(TIB)), &policy(None)) > SignedDuration::from_hours(24));
}

#[test]
fn a_lost_servers_stand_in_has_more_room_than_a_copy_to_look_at() {
    let of = |intent| fit(Some(size(100 * GIB)), None, intent, &policy(None)).unwrap().volume_bytes;
    assert!(of(Intent::DisasterRecovery) > of(Intent::Analytics));
}

#[test]
fn a_size_that_is_set_serves_until_it_proves_too_small() {
    assert_eq!(volume(None, None, Some(2 * GIB)), 2 * GIB);
    assert_eq!(volume(Some(size(TIB)), None, Some(2 * GIB)), 2 * GIB);
    assert_eq!(volume(Some(size(10 * GIB)), Some(3 * GIB), Some(2 * GIB)), 16 * GIB);
    assert!(
        !needs_size(None, &policy(Some(GIB)).volumes) && needs_size(Some(GIB), &policy(Some(GIB)).volumes)
    );
}

#[test]
fn fault_e7_what_proved_too_small_is_followed_by_half_as_much_again_up_to_the_limit() {
    assert_eq!(grown(20 * GIB, TIB), 30 * GIB);
    assert_eq!(grown(GIB, TIB), 2 * GIB);
    assert_eq!(grown(TIB, TIB), TIB);
    assert_eq!(volume(Some(size(GIB)), Some(30 * GIB), None), 30 * GIB);
}

#[test]
fn fault_g22_a_snapshot_larger_than_any_volume_may_be_is_told_with_what_it_needs() {
    let error = fit(Some(size(1 << 50)), None, Intent::Verify, &policy(None)).unwrap_err().to_string();
    assert!(error.starts_with("a snapshot of 1125899906842624 bytes in 1000 files needs"), "{error}");
    assert!(error.ends_with("PGRO_PVC_SIZE_MAX allows 4398046511104"), "{error}");
}

proptest! {
    #[test]
    fn every_curve_grows_or_stays_and_has_an_end(
        bytes: u64, files: u64, more_bytes: u64, more_files: u64, intent in prop::sample::select(&Intent::ALL[..]),
        first in prop::option::of(1..TIB), least in prop::option::of(1..TIB),
    ) {
        let policy = Policy { volumes: VolumePolicy { first, max: u64::MAX }, ..Policy::default() };
        let of = |bytes, files| fit(Some(Size { bytes, files }), least, intent, &policy).unwrap();
        let (less, more) = (of(bytes, files), of(bytes.saturating_add(more_bytes), files.saturating_add(more_files)));
        prop_assert!(less.volume_bytes <= more.volume_bytes);
        prop_assert!(less.memory_bytes <= more.memory_bytes && less.parallel <= more.parallel);
        prop_assert!(less.deadline <= more.deadline);
        prop_assert!((MEMORY_MIN..=MEMORY_MAX).contains(&less.memory_bytes));
        prop_assert!((PARALLEL_MIN..=PARALLEL_MAX).contains(&less.parallel.get().into()));
        prop_assert!(SignedDuration::try_from(less.deadline).unwrap() <= DEADLINE_MAX.max(policy.restore_deadline));
    }

    #[test]
    fn a_volume_holds_what_it_is_for_and_is_never_larger_than_it_may_be(
        bytes in 0..8 * TIB, files in 0..10_000_000_u64, least in prop::option::of(1..8 * TIB),
    ) {
        if let Ok(fit) = fit(Some(Size { bytes, files }), least, Intent::Verify, &policy(None)) {
            prop_assert!(fit.volume_bytes > bytes + files * 4096);
            prop_assert!(fit.volume_bytes <= 4 * TIB && fit.volume_bytes >= least.unwrap_or(0).min(4 * TIB));
        } else {
            prop_assert!(bytes + files * 4096 > 2 * TIB);
        }
    }

    #[test]
    fn fault_e7_a_volume_that_is_too_small_grows_until_it_may_not(bytes in GIB..TIB) {
        let next = grown(bytes, 4 * TIB);
        prop_assert!(next > bytes && next <= bytes * 2 + GIB && next.is_multiple_of(GIB));
    }
}
