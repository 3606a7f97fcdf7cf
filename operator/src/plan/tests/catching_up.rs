use super::sim::{FIRST, SECOND, Sim, target, wanted};
use crate::{
    model::{Seen, Wanted},
    plan::{Because, Decision, Step},
};

fn due_for_refresh() -> (Sim, Wanted) {
    let entry = wanted(1, Some(FIRST));
    let mut sim = Sim::serving(&entry);
    let newer = Wanted { target: target(SECOND, "2026-01-02T00:00:00Z"), ..entry };
    sim.poll([newer.clone()]);
    (sim, newer)
}

#[test]
fn fault_a4_nothing_is_decided_on_a_picture_older_than_our_own_write() {
    let (mut sim, entry) = due_for_refresh();
    assert!(matches!(sim.plan().decisions[&entry.namespace], Decision::Do(_)));
    sim.observed.behind.insert(entry.namespace.clone());
    assert_eq!(sim.because(&entry), Because::CatchingUp);
}

#[test]
fn fault_a4_a_namespace_just_made_and_not_seen_yet_is_not_made_again() {
    let entry = wanted(1, Some(FIRST));
    let mut sim = Sim::new([entry.clone()]);
    sim.observed.behind.insert(entry.namespace.clone());
    assert_eq!(sim.because(&entry), Because::CatchingUp);
}

#[test]
fn what_is_not_seen_yet_counts_against_the_limit_of_restores() {
    let (first, second) = (wanted(1, Some(FIRST)), wanted(2, Some(FIRST)));
    let mut sim = Sim::new([first.clone(), second.clone()]);
    sim.policy.max_concurrent_restores = 1;
    for step in sim.plan().steps().into_iter().cloned().collect::<Vec<Step>>() {
        sim.take(step);
    }
    sim.observed.behind.insert(first.namespace.clone());
    assert!(matches!(sim.plan().decisions[&second.namespace], Decision::Rest(Because::NoSlot)));
}

#[test]
fn a_run_that_is_going_already_is_not_removed_again() {
    let entry = wanted(1, Some(FIRST));
    let mut sim = Sim::serving(&entry);
    let Some(Seen::Replica(replica)) = sim.observed.namespaces.get_mut(&entry.namespace) else { panic!() };
    let run = replica.runs.values().next().unwrap().clone();
    let run = Box::new(crate::model::Run { postgres: None, going: true, ..*run });
    replica.runs.insert("0123456789".parse().unwrap(), run);
    assert_eq!(sim.because(&entry), Because::UpToDate);
}
