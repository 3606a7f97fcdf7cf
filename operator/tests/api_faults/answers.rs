//! Refusals, silence and half-truths of the API server.

use crate::{
    canopy::{FIRST, SECOND, entry},
    world::{OPERATOR, World, namespace},
};
use fake_apiserver::{Fault, Harm, Verb};
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

const WRITES: [Verb; 3] = [Verb::Create, Verb::Patch, Verb::Delete];

#[tokio::test(start_paused = true)]
async fn fault_a8_conflicts_on_half_of_all_patches_lose_no_update() {
    let mut world = World::new();
    world.strike_writes(&[Verb::Patch], 50, vec![Harm::status(409)]);
    world.canopy.wants([entry(1, FIRST)]);
    world.until("it serves", |world| world.serves(1, FIRST)).await;
    world.rest().await;
    assert_eq!((world.created("jobs"), world.canopy.reports().len()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn fault_a8_a_conflict_of_exactly_every_second_patch_stops_nothing() {
    let mut world = World::new();
    let patches = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&patches);
    world.server.faults(|faults| {
        faults.judge(Box::new(move |call| {
            let ours = call.user == OPERATOR && call.verb == Verb::Patch;
            (ours && counted.fetch_add(1, SeqCst).is_multiple_of(2)).then(|| Harm::status(409))
        }));
    });
    world.canopy.wants([entry(1, FIRST)]);
    for snapshot in [FIRST, SECOND] {
        world.canopy.wants([entry(1, snapshot)]);
        world.until("it serves", |world| world.serves(1, snapshot)).await;
    }
    world.rest().await;
    assert_eq!((world.created("jobs"), world.canopy.reports().len()), (2, 2));
    assert!((10..=60).contains(&patches.load(SeqCst)), "{patches:?} patches for two restores");
}

#[tokio::test(start_paused = true)]
async fn fault_a9_an_api_server_that_asks_to_be_left_alone_is_not_stormed_and_work_goes_on_after() {
    let mut world = World::new();
    world.canopy.wants((1..=5).map(|number| entry(number, FIRST)));
    world.round().await;
    world.strike(Fault::new(Harm::retry_after(429, 60)).verbs(&WRITES));
    world.server.clear_audit();
    world.pass_time(Duration::from_mins(10)).await;
    let calls = world.server.audit(fake_apiserver::Audit::calls);
    assert!(calls < 120 * 10, "{calls} calls in ten minutes");
    world.server.faults(fake_apiserver::Faults::clear);
    world.until("all serve", |world| (1..=5).all(|number| world.serves(number, FIRST))).await;
}

#[tokio::test(start_paused = true)]
async fn fault_a10_writes_that_fail_half_of_them_committed_are_done_once() {
    for code in [500, 503, 504] {
        let mut world = World::new();
        world.strike_writes(&WRITES, 40, vec![Harm::status(code), Harm::DoneBut { code }]);
        world.canopy.wants([entry(1, FIRST)]);
        world.until("it serves", |world| world.serves(1, FIRST)).await;
        world.canopy.wants([entry(1, SECOND)]);
        world.until("it is refreshed", |world| world.serves(1, SECOND)).await;
        world.rest().await;
        let made =
            ["namespaces", "jobs", "deployments", "persistentvolumeclaims"].map(|kind| world.created(kind));
        assert_eq!(made, [1, 2, 2, 2], "{code}");
        assert_eq!(world.canopy.reports().len(), 2);
    }
}

#[tokio::test(start_paused = true)]
async fn fault_a11_a_call_that_hangs_holds_up_nobody_else() {
    let mut world = World::new();
    world.strike(Fault::new(Harm::Hang).verbs(&WRITES).namespace(namespace(1).as_str()));
    world.canopy.wants([entry(1, FIRST), entry(2, FIRST)]);
    world.until("the other serves", |world| world.serves(2, FIRST)).await;
    assert!(!world.is_active(1));
    world.server.faults(fake_apiserver::Faults::clear);
    world.until("it serves, too", |world| world.serves(1, FIRST)).await;
}

#[tokio::test(start_paused = true)]
async fn fault_a11_a_call_that_hangs_stops_none_of_the_steps_behind_it() {
    let mut world = World::new();
    let call = Fault::new(Harm::Hang).on(Verb::Create, "namespaces");
    world.strike(call.times(1));
    world.canopy.wants((1..=20).map(|number| entry(number, FIRST)));
    let _hangs = tokio::time::timeout(Duration::from_secs(30), world.round()).await;
    assert_eq!(world.created("namespaces"), 19);
}

#[tokio::test(start_paused = true)]
async fn fault_a11_a_watch_that_is_never_answered_is_begun_again_long_before_the_next_list() {
    let mut world = World::new();
    world.canopy.wants([entry(1, FIRST)]);
    world.until("it serves", |world| world.serves(1, FIRST)).await;
    let watches = Fault::new(Harm::Hang).verbs(&[Verb::Watch]);
    world.strike(watches.times(6));
    world.server.break_watches();
    world.canopy.wants([entry(1, SECOND)]);
    let start = tokio::time::Instant::now();
    world.until("it is refreshed", |world| world.serves(1, SECOND)).await;
    let took = start.elapsed().as_secs();
    assert!((60..180).contains(&took), "{took} s");
}

#[tokio::test(start_paused = true)]
async fn fault_a12_a_verb_that_is_forbidden_stops_what_needs_it_and_nothing_else() {
    let mut world = World::new();
    let forbidden =
        Fault::new(Harm::status(403)).on(Verb::Create, "deployments").namespace(namespace(1).as_str());
    world.strike(forbidden);
    world.canopy.wants([entry(1, FIRST), entry(2, FIRST)]);
    world.until("the other serves", |world| world.serves(2, FIRST)).await;
    world.server.clear_audit();
    world.pass_time(Duration::from_mins(5)).await;
    let tries = world.server.audit(|audit| audit.count(Verb::Create, "deployments"));
    assert!((1..=70).contains(&tries), "{tries} tries in five minutes");
    world.server.faults(fake_apiserver::Faults::clear);
    world.until("it serves, too", |world| world.serves(1, FIRST)).await;
}

#[tokio::test(start_paused = true)]
async fn at_rest_nothing_is_written_and_nothing_is_asked() {
    let mut world = World::new();
    world.canopy.wants([entry(1, FIRST), entry(2, FIRST)]);
    world.until("both serve", |world| world.serves(1, FIRST) && world.serves(2, FIRST)).await;
    world.rest().await;
    world.server.clear_audit();
    world.pass_time(Duration::from_hours(1)).await;
    assert_eq!(world.writes(), 0);
    let asked =
        world.server.audit(|audit| audit.entries().filter(|entry| entry.call.verb == Verb::Get).count());
    assert_eq!(asked, 0, "calls of {OPERATOR}");
}
