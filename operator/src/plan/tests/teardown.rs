use super::sim::{FIRST, Sim, wanted};
use crate::{
    model::Wanted,
    plan::{Because, Worklist},
};
use std::collections::BTreeMap;

fn poll_for(sim: &mut Sim, entries: &[Wanted], seconds: i64) {
    for _ in 0..seconds / 30 {
        sim.pass(30);
        sim.poll(entries.to_vec());
        sim.settle();
    }
}

fn is_there(sim: &Sim, entry: &Wanted) -> bool {
    sim.observed.namespaces.contains_key(&entry.namespace)
}

fn fleet(size: u128) -> (Vec<Wanted>, Sim) {
    let entries: Vec<_> = (1..=size).map(|n| wanted(n, None)).collect();
    let mut sim = Sim::new(entries.clone());
    sim.settle();
    (entries, sim)
}

#[test]
fn a_withdrawn_replica_is_torn_down_after_several_absences_and_not_before() {
    let (entries, mut sim) = fleet(10);
    poll_for(&mut sim, &entries[1..], 90);
    assert!(is_there(&sim, &entries[0]));
    assert!(matches!(sim.because(&entries[0]), Because::Withdrawn { .. }));
    poll_for(&mut sim, &entries[1..], 120);
    assert!(!is_there(&sim, &entries[0]));
    assert_eq!(sim.observed.namespaces.len(), 9);
}

#[test]
fn fault_i5_hours_between_two_lists_do_not_make_up_for_absences() {
    let (entries, mut sim) = fleet(10);
    for _ in 1..sim.policy.teardown.absences {
        sim.pass(7200);
        sim.poll(entries[1..].to_vec());
        sim.settle();
    }
    assert!(is_there(&sim, &entries[0]));
    sim.poll(entries[1..].to_vec());
    sim.settle();
    assert!(!is_there(&sim, &entries[0]));
}

#[test]
fn fault_b6_one_empty_list_tears_nothing_down() {
    let (entries, mut sim) = fleet(10);
    poll_for(&mut sim, &[], 30);
    poll_for(&mut sim, &entries, 3600);
    assert_eq!(sim.observed.namespaces.len(), 10);
}

#[test]
fn fault_b6_an_empty_list_holds_all_teardown_until_it_has_stood_for_long() {
    let (entries, mut sim) = fleet(1);
    poll_for(&mut sim, &[], 1800);
    assert!(sim.guard.is_held());
    assert!(is_there(&sim, &entries[0]));
    poll_for(&mut sim, &[], 2400);
    assert!(!is_there(&sim, &entries[0]));
}

#[test]
fn fault_b7_a_list_that_shrinks_by_40_percent_is_held() {
    let (entries, mut sim) = fleet(10);
    poll_for(&mut sim, &entries[4..], 1800);
    assert_eq!(sim.observed.namespaces.len(), 10);
    assert!(sim.guard.is_held());
}

#[test]
fn fault_b8_an_entry_that_flaps_is_never_torn_down() {
    let (entries, mut sim) = fleet(10);
    for _ in 0..100 {
        poll_for(&mut sim, &entries[1..], 90);
        poll_for(&mut sim, &entries, 30);
    }
    assert_eq!(sim.observed.namespaces.len(), 10);
}

#[test]
fn a_person_releases_a_held_teardown_with_a_timestamp() {
    let (entries, mut sim) = fleet(1);
    poll_for(&mut sim, &[], 60);
    let Because::Withdrawn { why } = sim.because(&entries[0]) else { panic!("not held") };
    assert!(why.contains("kubectl annotate namespace"), "{why}");
    let now = sim.now;
    sim.replica_mut(&entries[0].namespace).teardown_released_at = Some(now);
    poll_for(&mut sim, &[], 30);
    assert!(!is_there(&sim, &entries[0]));
}

#[test]
fn a_release_from_before_the_absence_releases_nothing() {
    let (entries, mut sim) = fleet(1);
    let before = sim.now;
    poll_for(&mut sim, &[], 60);
    sim.replica_mut(&entries[0].namespace).teardown_released_at = Some(before);
    sim.settle();
    assert!(is_there(&sim, &entries[0]));
}

#[test]
fn without_a_worklist_nothing_is_torn_down() {
    let (entries, mut sim) = fleet(3);
    sim.worklist = Worklist::default();
    sim.pass(100_000);
    sim.settle();
    assert_eq!(sim.because(&entries[0]), Because::WorklistUnknown);
    assert_eq!(sim.observed.namespaces.len(), 3);
}

#[test]
fn fault_b5_an_entry_that_does_not_read_keeps_its_replica() {
    let (entries, mut sim) = fleet(10);
    let key = entries[0].identity.key;
    for _ in 0..100 {
        sim.pass(30);
        let bad = BTreeMap::from([(key, "intent: unknown".to_owned())]);
        sim.poll_list(Worklist::read(entries[1..].to_vec(), bad, true));
        sim.settle();
    }
    assert_eq!(sim.because(&entries[0]), Because::Quarantined { why: "intent: unknown".into() });
}

#[test]
fn fault_b4_a_list_with_an_entry_of_unknown_owner_proves_no_absence() {
    let (entries, mut sim) = fleet(10);
    for _ in 0..100 {
        sim.pass(30);
        sim.poll_list(Worklist::read(entries[1..].to_vec(), BTreeMap::new(), false));
        sim.settle();
    }
    assert!(is_there(&sim, &entries[0]));
}

#[test]
fn teardown_waits_for_an_unsent_report_but_not_for_ever() {
    let entry = wanted(1, Some(FIRST));
    let mut sim = Sim::serving(&entry);
    let others: Vec<_> = (2..12).map(|n| wanted(n, None)).collect();
    let report = sim.reported[0].clone();
    sim.replica_mut(&entry.namespace).record.outbox = vec![report];
    poll_for(&mut sim, &others, 300);
    assert!(!is_there(&sim, &entry));
    assert_eq!(sim.reported.len(), 2, "the report was sent before the namespace went");
}
