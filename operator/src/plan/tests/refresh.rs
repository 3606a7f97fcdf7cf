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

#[test]
fn a_force_refresh_is_acknowledged_by_its_value_and_one_written_meanwhile_is_not_lost() {
    let entry = wanted(1, Some(FIRST));
    let mut sim = Sim::serving(&entry);
    sim.replica_mut(&entry.namespace).record.force_refresh = Some("one".into());
    sim.settle();
    let acted_on = |sim: &Sim| sim.replica(&entry.namespace).record.force_refresh_acted_on.clone();
    assert_eq!(acted_on(&sim).as_deref(), Some("one"));
    sim.replica_mut(&entry.namespace).record.force_refresh = Some("two".into());
    sim.comes_up(&entry);
    sim.pass(60);
    sim.settle();
    assert_eq!(acted_on(&sim).as_deref(), Some("two"));
    sim.comes_up(&entry);
    assert_eq!(sim.reported.len(), 3);
}

#[test]
fn a_snapshot_of_unknown_age_does_not_replace_one_whose_age_is_known() {
    let entry = wanted(1, Some(FIRST));
    let mut sim = Sim::serving(&entry);
    let mut ageless = newer(&entry);
    if let crate::model::Target::Restore(snapshot) = &mut ageless.target {
        snapshot.at = None;
    }
    sim.poll([ageless]);
    sim.replica_mut(&entry.namespace).record.force_refresh = Some("please".into());
    sim.settle();
    assert_eq!(sim.because(&entry), Because::OlderThanServed);
    assert!(sim.replica(&entry.namespace).record.force_refresh.is_some(), "the wish stands");
}

#[test]
fn a_snapshot_that_is_served_already_is_not_restored_again_after_a_failed_newer_one() {
    let entry = wanted(1, Some(FIRST));
    let mut sim = Sim::serving(&entry);
    sim.poll([newer(&entry)]);
    sim.settle();
    sim.fails(&entry, FailureReason::NoCluster);
    sim.poll([entry.clone()]);
    sim.pass(7200);
    sim.settle();
    assert_eq!(sim.because(&entry), Because::UpToDate);
}

#[test]
fn worklists_that_take_turns_do_not_outrun_the_pause_after_a_failure() {
    let first = wanted(1, Some(FIRST));
    let mut sim = Sim::new([newer(&first)]);
    sim.settle();
    sim.fails(&first, FailureReason::NoCluster);
    sim.poll([first.clone()]);
    sim.settle();
    assert!(matches!(sim.because(&first), Because::BackingOff { .. }), "it is not newer than what failed");
}

#[test]
fn no_run_is_named_twice_whatever_snapshots_the_worklist_goes_back_to() {
    let entry = wanted(1, Some(FIRST));
    let mut sim = Sim::new([entry.clone()]);
    let mut runs = std::collections::BTreeSet::new();
    for round in 0..6 {
        sim.poll([if round % 2 == 0 { entry.clone() } else { newer(&entry) }]);
        sim.pass(7200);
        sim.settle();
        assert!(runs.insert(sim.open_run(&entry)), "round {round}");
        sim.fails(&entry, FailureReason::NoCluster);
    }
}
