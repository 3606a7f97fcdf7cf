//! A cluster seen as it was, or by two at a time.

use crate::{
    canopy::{FIRST, SECOND, entry},
    world::{OPERATOR, World, namespace},
};
use fake_apiserver::Verb;
use std::time::Duration;

const MADE: [&str; 4] = ["namespaces", "jobs", "deployments", "persistentvolumeclaims"];

#[tokio::test(start_paused = true)]
async fn fault_a4_a_view_that_lags_makes_nothing_twice() {
    let mut world = World::new();
    world.canopy.wants([entry(1, FIRST)]);
    for _ in 0..12 {
        let now = world.server.revision();
        world.server.faults(|faults| faults.freeze(OPERATOR, now));
        world.pass_time(Duration::from_secs(30)).await;
        world.server.faults(|faults| faults.thaw(OPERATOR));
        world.round().await;
    }
    world.until("it serves", |world| world.serves(1, FIRST)).await;
    world.rest().await;
    assert_eq!((MADE.map(|kind| world.created(kind)), world.canopy.reports().len()), ([1, 1, 1, 1], 1));
}

#[tokio::test(start_paused = true)]
async fn fault_a4_what_was_decided_on_a_view_that_lags_is_not_tried_again_and_again() {
    let mut world = World::new();
    world.canopy.wants([entry(1, FIRST)]);
    world.until("it serves", |world| world.serves(1, FIRST)).await;
    world.rest().await;
    let then = world.server.revision();
    world.server.faults(|faults| faults.freeze(OPERATOR, then));
    world.server.edit("namespaces", "", namespace(1).as_str(), |value| {
        value["metadata"]["annotations"]["example.org/note"] = "written by a person".into();
    });
    world.canopy.wants([entry(1, SECOND)]);
    world.server.clear_audit();
    world.pass_time(Duration::from_mins(1)).await;
    let tries = world.server.audit(|audit| audit.count(Verb::Patch, "namespaces"));
    assert!((1..=13).contains(&tries), "{tries} tries within a minute, in which it is looked at 12 times");
    world.server.faults(|faults| faults.thaw(OPERATOR));
    world.until("it is refreshed", |world| world.serves(1, SECOND)).await;
}

#[tokio::test(start_paused = true)]
async fn fault_a4_what_is_removed_already_is_not_removed_again_and_again() {
    let mut world = World::new();
    world.canopy.wants([entry(1, FIRST)]);
    world.until("it serves", |world| world.serves(1, FIRST)).await;
    world.rest().await;
    world.canopy.wants([entry(1, SECOND)]);
    let drains = |world: &World| world.serves(1, SECOND) && world.server.list("deployments", "").len() == 2;
    world.until("the run before is drained", drains).await;
    let then = world.server.revision();
    world.server.faults(|faults| faults.freeze(OPERATOR, then));
    world.server.clear_audit();
    world.pass_time(Duration::from_mins(2)).await;
    assert_eq!(world.server.list("deployments", "").len(), 1);
    let looks =
        world.server.audit(|audit| audit.entries().filter(|entry| entry.call.verb == Verb::Get).count());
    assert!((4..=60).contains(&looks), "{looks} looks at what is gone within two minutes");
    world.server.faults(|faults| faults.thaw(OPERATOR));
    world.rest().await;
}

#[tokio::test(start_paused = true)]
async fn fault_a5_a_process_that_starts_on_an_older_view_deletes_nothing_newer_and_brings_nothing_back() {
    let mut world = World::new();
    world.canopy.wants([entry(1, FIRST)]);
    world.until("it serves", |world| world.serves(1, FIRST)).await;
    world.rest().await;
    let then = world.server.revision();
    world.canopy.wants([entry(1, SECOND)]);
    world.until("it is refreshed", |world| world.serves(1, SECOND)).await;
    world.rest().await;
    let (made, runs) = (MADE.map(|kind| world.created(kind)), world.server.list("deployments", "").len());
    world.server.faults(|faults| faults.freeze(OPERATOR, then));
    world.restart();
    world.pass_time(Duration::from_mins(2)).await;
    assert!(world.serves(1, SECOND));
    world.server.faults(|faults| faults.thaw(OPERATOR));
    world.rest().await;
    assert!(world.serves(1, SECOND));
    assert_eq!(
        (MADE.map(|kind| world.created(kind)), world.server.list("deployments", "").len()),
        (made, runs)
    );
}

#[tokio::test(start_paused = true)]
async fn fault_a14_two_that_both_act_make_nothing_twice() {
    let mut world = World::new();
    let mut rival = world.rival();
    world.canopy.wants([entry(1, FIRST)]);
    for snapshot in [FIRST, SECOND] {
        world.canopy.wants([entry(1, snapshot)]);
        for _ in 0..30 {
            world.rival_pass(&mut rival).await;
            world.round().await;
        }
        assert!(world.serves(1, snapshot));
    }
    assert_eq!((MADE.map(|kind| world.created(kind)), world.canopy.reports().len()), ([1, 2, 2, 2], 2));
}

#[tokio::test(start_paused = true)]
async fn fault_a7_watches_that_are_cut_and_told_too_old_again_and_again_end_in_the_same() {
    let mut world = World::new();
    world.canopy.wants([entry(1, FIRST)]);
    for _ in 0..10 {
        world.server.compact();
        world.server.expire_watches();
        world.round().await;
        world.server.break_watches();
        world.round().await;
    }
    world.until("it serves", |world| world.serves(1, FIRST)).await;
    assert_eq!(MADE.map(|kind| world.created(kind)), [1, 1, 1, 1]);
}
