//! A stub in process fails the test that leaves something unexplained, and is gone afterwards.

use crate::world::{World, report};
use futures::FutureExt as _;
use std::{net::TcpStream, panic::AssertUnwindSafe, time::Duration};
use stub_canopy::{Endpoint, Fault, FaultRule, Handle};
use tokio::task::JoinHandle;

/// What the stub's end says, if it fails the test.
async fn verdict(world: World) -> Option<String> {
    let ended = AssertUnwindSafe(world.canopy.stop()).catch_unwind().await;
    ended.err().map(|panic| *panic.downcast::<String>().unwrap())
}

#[tokio::test]
async fn an_unexpected_call_fails_the_test() {
    let world = World::start().await;
    world.get("/nowhere").await;
    let said = verdict(world).await.unwrap();
    assert!(said.contains("GET /nowhere was answered 404"), "{said}");
}

#[tokio::test]
async fn an_unexpected_call_the_test_has_taken_does_not() {
    let world = World::start().await;
    world.get("/nowhere").await;
    assert_eq!(world.take_unexpected().len(), 1);
    assert_eq!(verdict(world).await, None);
}

#[tokio::test]
async fn reading_the_ledger_does_not_excuse_an_unexpected_call() {
    let world = World::start().await;
    world.get("/nowhere").await;
    world.ledger().await;
    assert!(verdict(world).await.is_some());
}

#[tokio::test]
async fn a_report_nobody_read_fails_the_test() {
    let world = World::start().await;
    world.post("/restore-verification", &report()).await;
    world.ledger().await;
    world.post("/restore-verification", &report()).await;
    let said = verdict(world).await.unwrap();
    assert!(said.contains("1 verification reports were never read"), "{said}");
}

#[tokio::test]
async fn a_report_that_was_read_does_not() {
    let world = World::start().await;
    world.post("/restore-verification", &report()).await;
    world.ledger().await;
    assert_eq!(verdict(world).await, None);
}

#[tokio::test]
async fn a_stopped_stub_is_gone_even_while_a_client_keeps_its_connection() {
    let world = World::start().await;
    world.get("/restore-worklist").await;
    let addr = world.base_url().socket_addrs(|| None).unwrap()[0];
    let idle = TcpStream::connect(addr).unwrap();
    let World { canopy, .. } = world;
    tokio::time::timeout(Duration::from_secs(20), canopy.stop()).await.expect("the stub stops");
    assert!(TcpStream::connect(addr).is_err());
    drop(idle);
}

/// A poll that is under way, held back this long by a fault, and the stub it waits for.
async fn poll_under_way(delay: Duration) -> (Handle, JoinHandle<reqwest::Result<reqwest::Response>>) {
    let World { canopy, .. } = World::start().await;
    let rule = FaultRule::new(Endpoint::Worklist, Fault::delay(delay)).times(1);
    canopy.control().inject(&rule).await.unwrap();
    let url = canopy.base_url().join("/restore-worklist").unwrap();
    let poll = tokio::spawn(reqwest::Client::new().get(url).header("X-Version", "1").send());
    let arrived = async {
        while canopy.control().ledger().await.unwrap().worklist_polls == 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), arrived).await.expect("the poll arrives");
    (canopy, poll)
}

#[tokio::test]
async fn a_call_under_way_is_answered_before_a_stub_that_is_told_to_stop_is_gone() {
    let (canopy, poll) = poll_under_way(Duration::from_millis(300)).await;
    canopy.stop().await;
    assert_eq!(poll.await.unwrap().unwrap().status(), 200);
}

#[tokio::test]
async fn a_call_under_way_is_cut_when_its_stub_is_dropped() {
    let (canopy, poll) = poll_under_way(Duration::from_mins(10)).await;
    drop(canopy);
    let ended = tokio::time::timeout(Duration::from_secs(10), poll).await.expect("the call ends").unwrap();
    assert!(ended.is_err());
}
