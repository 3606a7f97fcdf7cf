//! A stub in process fails the test that leaves something unexplained, and is gone afterwards.

use crate::world::{World, report};
use futures::FutureExt as _;
use std::{net::TcpStream, panic::AssertUnwindSafe, time::Duration};

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
