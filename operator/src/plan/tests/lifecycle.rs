use super::sim::{FIRST, Sim, sound, wanted};
use crate::{
    model::{Phase, PostgresPhase},
    plan::{Because, Decision, Step},
};
use contract::canopy::Outcome;

#[test]
fn an_entry_without_a_snapshot_makes_the_namespace_only() {
    let entry = wanted(1, None);
    let mut sim = Sim::new([entry.clone()]);
    sim.settle();
    assert_eq!(sim.phase(&entry), Phase::Pending);
    assert_eq!(sim.because(&entry), Because::NoSnapshot);
    assert!(sim.replica(&entry.namespace).runs.is_empty());
}

#[test]
fn the_restore_starts_when_the_snapshot_appears() {
    let mut sim = Sim::new([wanted(1, None)]);
    sim.settle();
    let entry = wanted(1, Some(FIRST));
    sim.poll([entry.clone()]);
    sim.settle();
    assert_eq!(sim.phase(&entry), Phase::Restoring);
    assert!(matches!(sim.because(&entry), Because::RestoreRunning { .. }));
}

#[test]
fn a_run_goes_from_restoring_over_verifying_to_active_and_is_reported_once() {
    let entry = wanted(1, Some(FIRST));
    let mut sim = Sim::new([entry.clone()]);
    sim.settle();
    assert_eq!(sim.phase(&entry), Phase::Restoring);
    sim.restored(&entry);
    assert_eq!(sim.phase(&entry), Phase::Verifying);
    sim.postgres_comes_to(&entry, PostgresPhase::Ready(sound().into()));
    assert_eq!(sim.phase(&entry), Phase::Active);
    assert_eq!(sim.reported.len(), 1);
    let report = &sim.reported[0];
    assert_eq!((report.outcome, report.replica_healthy), (Outcome::Success, true));
    assert_eq!(report.snapshot_id.as_deref(), Some(FIRST));
    assert_eq!(report.postgres_version.as_deref(), Some("15.18"));
}

#[test]
fn nothing_is_reported_before_the_service_points_to_the_run() {
    let entry = wanted(1, Some(FIRST));
    let mut sim = Sim::new([entry.clone()]);
    sim.settle();
    sim.restored(&entry);
    let run = sim.open_run(&entry);
    let replica = sim.replica_mut(&entry.namespace);
    replica.runs.get_mut(&run).unwrap().postgres.as_mut().unwrap().phase =
        PostgresPhase::Ready(sound().into());
    let plan = sim.plan();
    assert!(matches!(plan.decisions[&entry.namespace], Decision::Do(Step::Serve { .. })));
}

#[test]
fn fault_i3_at_rest_nothing_is_written() {
    let entry = wanted(1, Some(FIRST));
    let mut sim = Sim::serving(&entry);
    let writes = sim.writes;
    for _ in 0..10 {
        sim.pass(30);
        sim.poll([entry.clone()]);
        sim.settle();
    }
    assert_eq!(sim.writes, writes);
    assert_eq!(sim.because(&entry), Because::UpToDate);
}

#[test]
fn fault_a26_no_more_restores_run_than_may_and_the_oldest_wish_goes_first() {
    let entries: Vec<_> = (1..=5).map(|n| wanted(n, Some(FIRST))).collect();
    let mut sim = Sim::new(entries.clone());
    sim.policy.max_concurrent_restores = 2;
    sim.settle();
    let waiting = |sim: &Sim| entries.iter().filter(|e| sim.phase(e) == Phase::Pending).count();
    assert_eq!(waiting(&sim), 3);
    let first = entries.iter().find(|e| sim.phase(e) == Phase::Restoring).unwrap();
    sim.comes_up(first);
    assert_eq!(waiting(&sim), 2);
}

#[test]
fn servers_that_share_a_declaration_live_apart() {
    let one = wanted(1, Some(FIRST));
    let mut other = wanted(1, Some(FIRST));
    other.identity.key.server_id = contract::ids::ServerId(uuid::Uuid::from_u128(5));
    other.namespace = contract::names::namespace_name("clinic 1", other.identity.key);
    let mut sim = Sim::new([one.clone(), other.clone()]);
    sim.settle();
    sim.comes_up(&one);
    sim.comes_up(&other);
    assert_eq!(sim.reported.len(), 2);
    assert_ne!(sim.reported[0].run_id, sim.reported[1].run_id);
    assert_ne!(sim.reported[0].server_id, sim.reported[1].server_id);
}

#[test]
fn a_renamed_entry_keeps_its_namespace() {
    let entry = wanted(1, Some(FIRST));
    let mut sim = Sim::serving(&entry);
    let mut renamed = entry.clone();
    renamed.display_name = "another name".into();
    renamed.namespace = contract::names::namespace_name("another name", entry.identity.key);
    sim.poll([renamed]);
    sim.settle();
    assert_eq!(sim.observed.namespaces.len(), 1);
    assert_eq!(sim.phase(&entry), Phase::Active);
}

#[test]
fn an_entry_that_became_something_else_gets_a_replica_of_its_own_once_the_guard_lets_the_old_one_go() {
    let entry = wanted(1, Some(FIRST));
    let mut sim = Sim::serving(&entry);
    let mut changed = entry.clone();
    changed.identity.intent = contract::ids::Intent::Analytics;
    let other = wanted(2, None);
    sim.poll([changed.clone(), other.clone()]);
    sim.settle();
    assert!(matches!(sim.because(&entry), Because::IdentityChanged { .. }));
    for _ in 0..10 {
        sim.pass(30);
        sim.poll([changed.clone(), other.clone()]);
        sim.settle();
    }
    assert_eq!(sim.replica(&entry.namespace).identity, changed.identity);
    assert_eq!(sim.reported.len(), 1, "what was never asked for again is not reported");
}

#[test]
fn an_unreadable_namespace_is_shown_and_nothing_is_made_in_its_place() {
    let entry = wanted(1, Some(FIRST));
    let mut sim = Sim::new([entry.clone()]);
    let seen = crate::model::Seen::Unreadable { why: "odd label".into(), key: Some(entry.identity.key) };
    sim.observed.namespaces.insert(entry.namespace.clone(), seen);
    assert_eq!(sim.because(&entry), Because::Unreadable { why: "odd label".into() });
    assert!(sim.plan().steps().is_empty());
}
