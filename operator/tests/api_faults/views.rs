//! A cluster seen as it was, or by two at a time.

use crate::{
    canopy::{FIRST, SECOND, entry},
    world::{OPERATOR, World},
};
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
