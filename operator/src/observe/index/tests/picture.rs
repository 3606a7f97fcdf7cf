use super::{
    super::{Blind, Kind, state::State},
    support::{claim, job, later, listed, look, name, named, namespace, replica, run, with_replica},
};
use crate::model::{Hindrance, Reason, Seen, Trouble};
use contract::names::{RunName, annotations};
use jiff::Timestamp;
use tokio::time::Instant;

#[test]
fn fault_a27_nothing_is_shown_before_every_kind_was_listed_to_its_end() {
    for last in Kind::ALL {
        let mut state = State::default();
        for kind in Kind::ALL {
            state.begin(kind);
            if kind != last {
                state.complete(kind);
            }
        }
        state.put(&namespace(1, 1));
        let blind = state.look(Instant::now()).unwrap_err();
        assert_eq!(blind, Blind::NotListed { kind: last, why: None });
        state.complete(last);
        assert!(state.look(Instant::now()).is_ok());
    }
}

#[test]
fn fault_a27_a_list_that_broke_off_between_pages_takes_nothing_away() {
    let mut state = with_replica(1);
    state.put(&namespace(2, 2));
    state.begin(Kind::Namespace);
    state.put(&namespace(1, 1));
    state.begin(Kind::Namespace); // the continue token had expired
    assert_eq!(look(&mut state).namespaces.len(), 2);
    state.put(&namespace(1, 1));
    state.put(&namespace(2, 2));
    state.complete(Kind::Namespace);
    assert_eq!(look(&mut state).namespaces.len(), 2);
}

#[test]
fn fault_a6_what_a_list_does_not_name_any_longer_is_gone() {
    let mut state = with_replica(1);
    state.put(&job(1, 2));
    assert!(replica(&mut state, 1).runs.contains_key(&run()));
    state.begin(Kind::Job);
    state.complete(Kind::Job);
    assert!(replica(&mut state, 1).runs.is_empty());
}

#[test]
fn a_list_of_one_kind_leaves_the_others_alone() {
    let mut state = with_replica(1);
    state.put(&job(1, 2));
    state.put(&claim(1, 3));
    state.begin(Kind::Pod);
    state.complete(Kind::Pod);
    let run = replica(&mut state, 1).runs.remove(&run()).unwrap();
    assert!(run.volume && run.job.is_some());
}

#[test]
fn objects_are_found_again_when_their_namespace_is_told_of_after_them() {
    let mut state = listed();
    state.put(&job(1, 1));
    assert!(look(&mut state).namespaces.is_empty());
    state.put(&namespace(1, 2));
    assert!(replica(&mut state, 1).runs.contains_key(&run()));
}

#[test]
fn a_namespace_that_is_gone_is_not_shown_and_leaves_nothing_behind() {
    let mut state = with_replica(1);
    state.put(&job(1, 2));
    state.remove(&namespace(1, 3));
    assert!(look(&mut state).namespaces.is_empty());
    state.remove(&job(1, 4));
    look(&mut state);
    assert!(state.is_empty());
}

#[test]
fn an_object_that_says_nothing_new_changes_nothing() {
    let mut state = with_replica(1);
    assert!(state.put(&job(1, 2)));
    assert!(!state.put(&job(1, 3)));
}

#[test]
fn a_twin_hides_a_replica_only_as_long_as_it_is_there() {
    let mut state = with_replica(1);
    state.put(&job(1, 2));
    let twin = named("twin-00000001", 1, 3);
    state.put(&twin);
    let seen = look(&mut state);
    assert!(seen.namespaces.values().all(|seen| matches!(seen, Seen::Unreadable { .. })), "{seen:?}");
    state.remove(&twin);
    assert!(replica(&mut state, 1).runs.contains_key(&run()));
}

fn hindrance(second: i64) -> Hindrance {
    let (trouble, since) = (Trouble::new(Reason::Forbidden, "403"), Timestamp::from_second(second).unwrap());
    Hindrance { run: run(), trouble, since, passing: true }
}

#[test]
fn fault_a12_what_hinders_a_run_that_serves_does_so_since_it_was_first_told_until_it_gets_on() {
    let mut state = listed();
    let mut serving = namespace(1, 1);
    let said = serving.metadata.annotations.get_or_insert_default();
    said.insert(annotations::SERVING_RUN.to_owned(), run().to_string());
    state.put(&serving);
    assert!(state.hinder(&name(1), hindrance(5)));
    assert!(!state.hinder(&name(1), hindrance(9)), "no news");
    assert_eq!(replica(&mut state, 1).hindered, Some(hindrance(5)));
    state.unhinder(&name(1), &RunName::of("another", 1));
    assert_eq!(replica(&mut state, 1).hindered, Some(hindrance(5)));
    state.unhinder(&name(1), &run());
    assert_eq!(replica(&mut state, 1).hindered, None);
    assert!(state.hinder(&name(1), hindrance(9)));
    assert_eq!(replica(&mut state, 1).hindered, Some(hindrance(9)));
}

#[test]
fn a_hindrance_is_forgotten_with_its_attempt() {
    let mut state = with_replica(1);
    state.hinder(&name(1), hindrance(0));
    assert_eq!(replica(&mut state, 1).hindered, None, "no attempt is open");
}

#[test]
fn fault_a12_a_watch_that_keeps_failing_hides_the_cluster_and_says_why() {
    let mut state = with_replica(1);
    for seconds in [0, 60, 119] {
        state.progress_mut(Kind::Pod).failed("403 pods is forbidden".into(), later(seconds));
        assert!(state.look(later(seconds)).is_ok());
    }
    state.progress_mut(Kind::Pod).failed("403 pods is forbidden".into(), later(121));
    let blind = state.look(later(121)).unwrap_err().to_string();
    assert!(blind.contains("pods") && blind.contains("403"), "{blind}");
    state.progress_mut(Kind::Pod).goes_on();
    assert!(state.look(later(121)).is_ok());
}

#[test]
fn breaks_far_apart_are_not_one_long_trouble() {
    let mut state = with_replica(1);
    for seconds in [0, 300, 600] {
        state.progress_mut(Kind::Pod).failed("reset by peer".into(), later(seconds));
        assert!(state.look(later(seconds)).is_ok());
    }
}
