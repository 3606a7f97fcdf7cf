use super::sim::{FIRST, Sim, wanted};
use crate::{
    model::{Phase, Wanted},
    plan::{Because, Guard, Worklist},
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

#[test]
fn fault_i5_a_hold_that_has_passed_lets_no_more_go_than_a_window_may_see() {
    let (_, mut sim) = fleet(30);
    let standing = |sim: &Sim| sim.observed.namespaces.len();
    poll_for(&mut sim, &[], 3600);
    assert_eq!(standing(&sim), 30);
    let mut before = 30;
    for window in 0..4 {
        poll_for(&mut sim, &[], 600);
        assert!(before - standing(&sim) <= 5, "{} go in window {window}", before - standing(&sim));
        before = standing(&sim);
    }
    assert_eq!(before, 10, "and they do go, five by five");
}

#[test]
fn fault_i5_those_a_person_released_keep_to_the_window_too() {
    let (entries, mut sim) = fleet(30);
    poll_for(&mut sim, &[], 60);
    let now = sim.now;
    for entry in &entries {
        sim.replica_mut(&entry.namespace).teardown_released_at = Some(now);
    }
    poll_for(&mut sim, &[], 300);
    assert_eq!(sim.observed.namespaces.len(), 25);
}

#[test]
fn fault_i5_many_passes_over_one_list_are_one_absence() {
    let (entries, mut sim) = fleet(10);
    sim.poll(entries[1..].to_vec());
    for _ in 0..100 {
        sim.pass(30);
        sim.settle();
    }
    assert!(is_there(&sim, &entries[0]));
}

#[test]
fn a_mass_that_goes_missing_later_stops_those_that_were_let_go_and_did_not_yet() {
    let (entries, mut sim) = fleet(10);
    for _ in 0..5 {
        sim.pass(30);
        sim.poll(entries[1..].to_vec());
    }
    sim.pass(30);
    sim.poll([]);
    sim.settle();
    assert!(is_there(&sim, &entries[0]), "all teardown is held");
}

#[test]
fn a_restore_goes_on_while_its_withdrawal_is_not_believed_and_ends_with_the_teardown() {
    let entry = wanted(1, Some(FIRST));
    let others: Vec<_> = (2..12).map(|n| wanted(n, None)).collect();
    let mut sim = Sim::new(others.iter().cloned().chain([entry.clone()]));
    sim.settle();
    poll_for(&mut sim, &others, 60);
    sim.restored(&entry);
    assert!(matches!(sim.because(&entry), Because::Verifying { .. }), "what was begun goes on");
    poll_for(&mut sim, &others, 120);
    assert!(!is_there(&sim, &entry));
    assert!(sim.reported.is_empty(), "nothing failed, and nobody asks any more");
}

#[test]
fn fault_b9_a_list_of_strangers_makes_no_more_namespaces_than_a_minute_may_see() {
    let strangers: Vec<_> = (1000..1300).map(|n| wanted(n, None)).collect();
    let (_, mut sim) = fleet(3);
    sim.pass(120);
    sim.poll(strangers.clone());
    sim.settle();
    assert_eq!(sim.observed.namespaces.len(), 3 + 100);
    let waiting = |sim: &Sim| {
        let decisions = sim.plan().decisions;
        decisions.values().filter(|d| **d == crate::plan::Decision::Rest(Because::CreationLimited)).count()
    };
    assert_eq!(waiting(&sim), 200);
    sim.pass(61);
    sim.settle();
    assert_eq!(waiting(&sim), 100);
}

fn strangers(count: u128) -> Vec<Wanted> {
    (1000..1000 + count).map(|n| wanted(n, None)).collect()
}

fn standing(sim: &Sim, entries: &[Wanted]) -> usize {
    entries.iter().filter(|entry| is_there(sim, entry)).count()
}

#[test]
fn fault_b9_a_list_of_more_strangers_than_the_fleet_has_is_held_as_long_as_any_mass() {
    let (entries, mut sim) = fleet(10);
    poll_for(&mut sim, &strangers(30), 600);
    assert!(sim.guard.is_held());
    assert_eq!(sim.observed.namespaces.len(), 40, "the strangers' namespaces are made");
    poll_for(&mut sim, &strangers(30), 2940);
    assert_eq!(standing(&sim, &entries), 10);
    poll_for(&mut sim, &strangers(30), 120);
    assert_eq!(standing(&sim, &entries), 5, "then five by five");
}

#[test]
fn fault_b9_strangers_that_were_there_for_less_than_a_hold_hide_nobody_after_a_restart() {
    let (entries, mut sim) = fleet(10);
    poll_for(&mut sim, &entries, 3600);
    poll_for(&mut sim, &strangers(30), 60);
    sim.guard = Guard::default();
    poll_for(&mut sim, &strangers(30), 600);
    assert_eq!(standing(&sim, &entries), 10);
}

#[test]
fn fault_b9_a_fleet_of_two_is_held_when_strangers_take_its_place() {
    let (entries, mut sim) = fleet(2);
    poll_for(&mut sim, &strangers(30), 600);
    assert!(sim.guard.is_held());
    assert_eq!(standing(&sim, &entries), 2);
}

#[test]
fn fault_i5_a_restart_opens_no_second_window() {
    let (entries, mut sim) = fleet(30);
    for entry in &entries[..5] {
        sim.replica_mut(&entry.namespace).record.phase = Phase::Terminating;
    }
    sim.guard = Guard::default();
    poll_for(&mut sim, &entries[6..], 570);
    assert_eq!(standing(&sim, &entries), 30, "five are on their way already");
    poll_for(&mut sim, &entries[6..], 60);
    assert_eq!(standing(&sim, &entries), 25);
}

#[test]
fn fault_b9_namespaces_made_and_not_seen_yet_count_among_those_of_the_last_minute() {
    let (_, mut sim) = fleet(1);
    sim.pass(120);
    sim.observed.behind = strangers(60).into_iter().map(|entry| entry.namespace).collect();
    sim.poll(strangers(300));
    assert_eq!(sim.plan().steps().len(), 40);
}
