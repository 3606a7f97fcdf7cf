//! From one leader to the next when all goes well.

use super::rig::{Link, SECOND, TIMES, rig, with_stubborn_work};
use crate::lead::Leadership;
use serde_json::json;
use tokio::time::Instant;

#[tokio::test(start_paused = true)]
async fn one_leads_and_writes_and_the_others_know_which_and_write_nothing() {
    let rig = rig(3);
    rig.pass(60 * SECOND).await;
    let leader = rig.leader();
    assert_eq!(rig.server.lock().unwrap().spec()["holderIdentity"], json!(leader.to_string()));
    assert_eq!(rig.writers_since(Instant::now() - 60 * SECOND), [leader]);
    for (n, process) in rig.processes.iter().enumerate() {
        let known = Leadership { leading: n == leader, leader: Some(leader.to_string()) };
        assert_eq!(*process.leadership.borrow(), known);
        let gauge = format!("pgro_leader {}", u8::from(n == leader));
        assert!(process.metrics.encode().unwrap().contains(&gauge));
        assert_eq!(process.terms(), usize::from(n == leader), "it leads without a break");
    }
}

#[tokio::test(start_paused = true)]
async fn one_that_is_told_to_end_hands_over_within_a_retry_pause() {
    let rig = rig(2);
    rig.pass(30 * SECOND).await;
    let leader = rig.leader();
    rig.processes[leader].shutdown.cancel();
    let taken = rig.until_leads(1 - leader).await;
    assert!(taken <= TIMES.retry.mul_f64(1.25), "it took {taken:?}");
    assert!(rig.processes[leader].has_ended());
    assert!(!rig.processes[leader].leadership.borrow().leading);
    assert_eq!(rig.server.lock().unwrap().spec()["leaseTransitions"], json!(1));
}

#[tokio::test(start_paused = true)]
async fn the_lease_is_not_released_before_the_work_has_ended() {
    let rig = with_stubborn_work(2, 8 * SECOND);
    rig.pass(30 * SECOND).await;
    let leader = rig.leader();
    rig.processes[leader].shutdown.cancel();
    let taken = rig.until_leads(1 - leader).await;
    assert!(taken >= 8 * SECOND && taken < 12 * SECOND, "it took {taken:?}");
}

#[tokio::test(start_paused = true)]
async fn work_that_does_not_end_is_dropped_and_the_lease_runs_out_by_itself() {
    let rig = with_stubborn_work(2, 3600 * SECOND);
    rig.pass(30 * SECOND).await;
    let leader = rig.leader();
    rig.processes[leader].shutdown.cancel();
    let taken = rig.until_leads(1 - leader).await;
    assert!(rig.processes[leader].has_ended(), "a process that is told to end ends");
    assert!(taken > 20 * SECOND && taken < 35 * SECOND, "it took {taken:?}");
}

#[tokio::test(start_paused = true)]
async fn a_follower_that_ends_takes_nothing_with_it() {
    let rig = rig(2);
    rig.pass(30 * SECOND).await;
    let leader = rig.leader();
    rig.processes[1 - leader].shutdown.cancel();
    rig.pass(30 * SECOND).await;
    assert!(rig.processes[1 - leader].has_ended());
    assert_eq!((rig.leader(), rig.processes[leader].terms()), (leader, 1));
}

#[tokio::test(start_paused = true)]
async fn a_process_ends_even_where_the_api_server_does_not_answer() {
    let rig = rig(1);
    rig.pass(30 * SECOND).await;
    rig.processes[0].set(Link::Hanging);
    rig.processes[0].shutdown.cancel();
    rig.pass(10 * SECOND).await;
    assert!(rig.processes[0].has_ended());
}
