//! Links that fail, processes that stand still: never two at once, and soon another.

use super::rig::{Link, SECOND, TIMES, rig};
use serde_json::json;
use std::time::Duration;
use tokio::time::Instant;

/// The others wait for the whole lease from the last renewal they saw, and look every retry pause.
fn longest_takeover() -> Duration {
    TIMES.duration + TIMES.retry.mul_f64(2.0 * 1.2) + SECOND
}

#[tokio::test(start_paused = true)]
async fn fault_a14_a_leader_that_cannot_renew_stops_before_the_other_begins() {
    for link in [Link::Cut, Link::Hanging, Link::Deaf] {
        let rig = rig(2);
        rig.pass(30 * SECOND).await;
        let leader = rig.leader();
        rig.processes[leader].set(link);
        rig.pass(TIMES.renew + SECOND / 10).await;
        assert_eq!(rig.leaders(), [0; 0], "{link:?}: nobody leads between the two");
        let lost = Instant::now();
        let taken = TIMES.renew + rig.until_leads(1 - leader).await;
        assert!(taken <= longest_takeover(), "{link:?}: it took {taken:?}");
        rig.pass(60 * SECOND).await;
        assert_eq!(rig.writers_since(lost), [1 - leader], "{link:?}");
        rig.processes[leader].set(Link::Up);
        rig.pass(60 * SECOND).await;
        assert_eq!(rig.leader(), 1 - leader, "{link:?}: who comes back waits");
    }
}

#[tokio::test(start_paused = true)]
async fn fault_a14_a_leader_paused_for_a_minute_writes_nothing_when_it_comes_to() {
    let rig = rig(2);
    rig.pass(30 * SECOND).await;
    let leader = rig.leader();
    rig.processes[leader].freezer.freeze();
    let frozen = Instant::now();
    rig.pass(60 * SECOND).await;
    assert_eq!(rig.leader(), 1 - leader);
    rig.processes[leader].freezer.thaw();
    rig.pass(60 * SECOND).await;
    assert_eq!(rig.leader(), 1 - leader);
    assert_eq!(rig.writers_since(frozen + SECOND / 10), [1 - leader]);
}

#[tokio::test(start_paused = true)]
async fn fault_a14_a_killed_leader_is_followed_when_its_lease_has_run_out() {
    let rig = rig(2);
    rig.pass(30 * SECOND).await;
    let leader = rig.leader();
    rig.processes[leader].kill();
    rig.pass(TIMES.renew + SECOND).await;
    let taken = TIMES.renew + SECOND + rig.until_leads(1 - leader).await;
    assert!(taken <= longest_takeover(), "it took {taken:?}");
}

#[tokio::test(start_paused = true)]
async fn fault_a8_a_storm_of_conflicts_ends_no_term() {
    let rig = rig(2);
    rig.pass(10 * SECOND).await;
    let leader = rig.leader();
    rig.processes.iter().for_each(|process| process.set(Link::Stormy));
    rig.pass(600 * SECOND).await;
    assert_eq!((rig.leader(), rig.processes[leader].terms()), (leader, 1));
    assert_eq!(rig.server.lock().unwrap().spec()["leaseTransitions"], json!(0));
}

#[tokio::test(start_paused = true)]
async fn fault_a14_an_api_server_away_for_a_minute_is_led_again_when_it_is_back() {
    let rig = rig(2);
    rig.pass(30 * SECOND).await;
    rig.processes.iter().for_each(|process| process.set(Link::Cut));
    rig.pass(60 * SECOND).await;
    assert_eq!(rig.leaders(), [0; 0]);
    rig.processes.iter().for_each(|process| process.set(Link::Up));
    rig.pass(longest_takeover()).await;
    assert_eq!(rig.leaders().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn fault_a14_a_lease_that_was_taken_by_force_ends_the_term_at_the_next_look() {
    let rig = rig(1);
    rig.pass(30 * SECOND).await;
    rig.steal("somebody");
    rig.pass(TIMES.retry.mul_f64(2.5)).await;
    assert_eq!(rig.leaders(), [0; 0]);
    rig.pass(TIMES.retry.mul_f64(1.25)).await;
    assert_eq!(rig.processes[0].leadership.borrow().leader.as_deref(), Some("somebody"));
}
