use super::sim::{FIRST, SECOND, Sim, target, wanted};
use crate::{
    model::{Phase, Wanted},
    plan::Because,
};
use contract::{names::RunName, pods::FailureReason};
use jiff::SignedDuration;

fn newer(entry: &Wanted) -> Wanted {
    Wanted { target: target(SECOND, "2026-01-02T00:00:00Z"), ..entry.clone() }
}

fn serving_run(sim: &Sim, entry: &Wanted) -> RunName {
    sim.replica(&entry.namespace).record.serving_run.clone().unwrap()
}

#[test]
fn a_newer_snapshot_is_restored_beside_the_serving_one() {
    let entry = wanted(1, Some(FIRST));
    let mut sim = Sim::serving(&entry);
    let old = serving_run(&sim, &entry);
    sim.poll([newer(&entry)]);
    sim.settle();
    assert_eq!(sim.phase(&entry), Phase::Active);
    assert_eq!(serving_run(&sim, &entry), old);
    assert_eq!(sim.replica(&entry.namespace).runs.len(), 2);
}

#[test]
fn the_old_run_is_drained_and_then_removed() {
    let entry = wanted(1, Some(FIRST));
    let mut sim = Sim::serving(&entry);
    let old = serving_run(&sim, &entry);
    sim.poll([newer(&entry)]);
    sim.settle();
    sim.comes_up(&entry);
    assert_ne!(serving_run(&sim, &entry), old);
    assert!(matches!(sim.because(&entry), Because::Draining { .. }));
    sim.pass(31);
    sim.settle();
    assert_eq!(sim.replica(&entry.namespace).runs.len(), 1);
    assert_eq!(sim.because(&entry), Because::UpToDate);
}

#[test]
fn a_failed_refresh_leaves_the_old_one_serving() {
    let entry = wanted(1, Some(FIRST));
    let mut sim = Sim::serving(&entry);
    let old = serving_run(&sim, &entry);
    sim.poll([newer(&entry)]);
    sim.settle();
    sim.fails(&entry, FailureReason::NoCluster);
    assert_eq!((sim.phase(&entry), serving_run(&sim, &entry)), (Phase::Active, old));
    let record = &sim.replica(&entry.namespace).record;
    assert_eq!(record.last_restored_snapshot_id.as_deref(), Some(FIRST));
    assert!(record.last_verification_error.as_deref().unwrap().contains("no_cluster"));
}

#[test]
fn an_older_snapshot_is_never_gone_back_to() {
    let entry = wanted(1, Some(FIRST));
    let mut sim = Sim::serving(&entry);
    let older = Wanted { target: target(SECOND, "2025-01-01T00:00:00Z"), ..entry.clone() };
    sim.poll([older]);
    sim.settle();
    assert_eq!(sim.because(&entry), Because::OlderThanServed);
}

#[test]
fn the_same_snapshot_is_restored_anew_when_its_freshness_has_passed() {
    let entry = Wanted { freshness: Some(SignedDuration::from_hours(1)), ..wanted(1, Some(FIRST)) };
    let mut sim = Sim::serving(&entry);
    sim.pass(3000);
    sim.settle();
    assert_eq!(sim.because(&entry), Because::UpToDate);
    sim.pass(700);
    sim.settle();
    sim.comes_up(&entry);
    assert_eq!(sim.reported.len(), 2);
}

#[test]
fn a_freshness_of_zero_does_not_restore_without_pause() {
    let entry = Wanted { freshness: Some(SignedDuration::ZERO), ..wanted(1, Some(FIRST)) };
    let mut sim = Sim::serving(&entry);
    sim.pass(40);
    sim.settle();
    assert_eq!(sim.because(&entry), Because::UpToDate);
}

#[test]
fn force_refresh_is_acted_on_once_and_removed() {
    let entry = wanted(1, Some(FIRST));
    let mut sim = Sim::serving(&entry);
    sim.replica_mut(&entry.namespace).record.force_refresh = Some("2026-06-01".into());
    sim.settle();
    assert_eq!(sim.replica(&entry.namespace).record.force_refresh, None);
    sim.comes_up(&entry);
    sim.pass(60);
    sim.settle();
    assert_eq!(sim.because(&entry), Because::UpToDate);
    assert_eq!(sim.reported.len(), 2);
    assert_ne!(sim.reported[0].run_id, sim.reported[1].run_id);
}

#[test]
fn force_refresh_ends_a_pause() {
    let entry = wanted(1, Some(FIRST));
    let mut sim = Sim::new([entry.clone()]);
    sim.settle();
    sim.fails(&entry, FailureReason::NoCluster);
    assert!(matches!(sim.because(&entry), Because::BackingOff { .. }));
    sim.replica_mut(&entry.namespace).record.force_refresh = Some("please".into());
    sim.settle();
    assert_eq!(sim.phase(&entry), Phase::Restoring);
}
