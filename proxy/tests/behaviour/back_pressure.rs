//! A body is not hurried: neither by a reader that is slow, nor by credentials that end.

use crate::support::{
    client::{SOON, send},
    http::piecewise,
    s3::Fault,
    world::{Build, World, target},
};
use bytes::Bytes;
use http_body_util::BodyExt;
use proxy::limits::Limits;
use std::time::Duration;

/// More than all buffers on the way hold.
const LARGE: usize = 64 << 20;
const PIECE: usize = 64 << 10;
/// For longer than this, nobody reads; and a busy machine does nothing for less.
const STALL: Duration = Duration::from_secs(8);

#[tokio::test]
async fn fault_d18_a_slow_reader_holds_s3_back_and_is_not_taken_for_a_stall() {
    let limits = Limits { stall: STALL, ..Build::default().limits };
    let world = World::build(Build { limits, ..Build::default() }).await;
    let (pieces, body) = piecewise();
    world.s3.fail(Fault::Body(LARGE as u64, body));
    pieces.send(Ok(Bytes::from(vec![1; PIECE]))).await.unwrap();
    let mut answer = send(world.address, "GET", &target("x"), &[]).await;
    let mut given = PIECE;
    while tokio::time::timeout(STALL + STALL / 4, pieces.reserve()).await.is_ok() {
        pieces.send(Ok(Bytes::from(vec![1; PIECE]))).await.unwrap();
        given += PIECE;
    }
    assert!(given < LARGE / 2, "{given} bytes were taken although nobody read");
    let giving = async {
        while given < LARGE {
            pieces.send(Ok(Bytes::from(vec![1; PIECE]))).await.unwrap();
            given += PIECE;
        }
        drop(pieces);
    };
    let (body, ()) = tokio::join!(tokio::time::timeout(SOON, answer.body_mut().collect()), giving);
    assert_eq!(body.unwrap().unwrap().to_bytes().len(), LARGE);
}

#[tokio::test]
async fn fault_d17_a_client_that_goes_away_ends_the_transfer() {
    let world = World::start().await;
    let (pieces, body) = piecewise();
    world.s3.fail(Fault::Body(LARGE as u64, body));
    pieces.send(Ok(Bytes::from_static(b"x"))).await.unwrap();
    drop(send(world.address, "GET", &target("x"), &[]).await);
    let until_closed = async { while pieces.send(Ok(Bytes::from(vec![1; PIECE]))).await.is_ok() {} };
    tokio::time::timeout(SOON, until_closed).await.expect("S3's connection to be closed");
}

#[tokio::test]
async fn fault_c1_a_body_outlives_the_credentials_it_was_asked_with() {
    let limits = Limits { stall: SOON, ..Build::default().limits };
    let world = World::build(Build { limits, ..Build::default() }).await;
    let (pieces, body) = piecewise();
    world.s3.fail(Fault::Body(10, body));
    pieces.send(Ok(Bytes::from_static(b"01234"))).await.unwrap();
    let mut answer = send(world.address, "GET", &target("x"), &[]).await;
    world.s3.expire("canary-id-1");
    world.get("x").await;
    pieces.send(Ok(Bytes::from_static(b"56789"))).await.unwrap();
    assert_eq!(answer.body_mut().collect().await.unwrap().to_bytes(), "0123456789");
}
