use super::{
    super::{Kind, state::State},
    support::{job, later, look, name, namespace, run, with_replica},
};
use std::collections::BTreeSet;
use tokio::time::Instant;

fn behind(state: &mut State) -> bool {
    look(state).behind.contains(&name(1))
}

#[test]
fn fault_a4_a_namespace_is_behind_until_its_written_version_or_a_later_one_is_seen() {
    for seen in [7, 8] {
        let mut state = with_replica(1);
        state.gate.wrote(name(1), Kind::Namespace, "7", Instant::now());
        assert!(behind(&mut state));
        state.put(&namespace(1, 6));
        assert!(behind(&mut state));
        state.put(&namespace(1, seen));
        assert!(!behind(&mut state));
    }
}

#[test]
fn fault_a4_a_version_of_another_kind_proves_nothing() {
    let mut state = with_replica(1);
    state.gate.wrote(name(1), Kind::Job, "7", Instant::now());
    state.put(&namespace(1, 9));
    assert!(behind(&mut state));
    state.put(&job(1, 7));
    assert!(!behind(&mut state));
}

#[test]
fn of_two_writes_the_later_one_is_waited_for() {
    for versions in [["7", "9"], ["9", "7"]] {
        let mut state = with_replica(1);
        for version in versions {
            state.gate.wrote(name(1), Kind::Job, version, Instant::now());
        }
        state.put(&job(1, 8));
        assert!(behind(&mut state));
        state.put(&job(1, 9));
        assert!(!behind(&mut state));
    }
}

#[test]
fn fault_a4_a_deleted_object_is_waited_out() {
    let mut state = with_replica(1);
    state.put(&job(1, 2));
    state.gate.deleted(name(1), Kind::Job, &run().job(), Instant::now());
    assert!(behind(&mut state));
    state.remove(&job(1, 3));
    assert!(!behind(&mut state));
}

#[test]
fn a_namespace_that_was_made_and_is_not_seen_yet_is_behind() {
    let mut state = with_replica(1);
    state.gate.wrote(name(2), Kind::Namespace, "7", Instant::now());
    assert_eq!(look(&mut state).behind, BTreeSet::from([name(2)]));
}

#[test]
fn fault_a6_a_write_that_no_watch_tells_of_is_asked_for_by_one_list() {
    let mut state = with_replica(1);
    let now = Instant::now();
    state.gate.wrote(name(1), Kind::Job, "7", now);
    state.look(now).unwrap();
    assert!(state.relists().is_empty());
    state.look(later(11)).unwrap();
    assert_eq!(state.relists(), BTreeSet::from([Kind::Job]));
    state.look(later(12)).unwrap();
    assert!(state.relists().is_empty(), "asked for again");
    state.begin(Kind::Job);
    state.put(&job(1, 3)); // what was written is gone by now
    assert!(behind(&mut state));
    state.complete(Kind::Job);
    assert!(!behind(&mut state));
}

#[test]
fn a_version_that_is_no_number_is_waited_for_by_a_list() {
    let mut state = with_replica(1);
    state.gate.wrote(name(1), Kind::Job, "etcd3:x", Instant::now());
    state.put(&job(1, 900));
    assert!(behind(&mut state));
    state.look(later(11)).unwrap();
    state.begin(Kind::Job);
    state.complete(Kind::Job);
    assert!(!behind(&mut state));
}
