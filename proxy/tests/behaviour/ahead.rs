//! Ranges that are asked for one after the other: one stream of S3 serves them, and each is what S3 would have said.

use crate::support::{
    client::{Got, fetch},
    s3::{ETAG, Fault},
    world::{Build, PREFIX, World, target},
};
use bytes::Bytes;
use http::StatusCode;
use proxy::limits::Limits;

const RANGE: usize = 1 << 20;
const PACK: usize = 5 * RANGE;

fn pack() -> Bytes {
    (0..PACK).map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()[3]).collect()
}

async fn world(read_ahead: bool) -> World {
    let limits = Limits { read_ahead, ..Build::default().limits };
    let world = World::build(Build { limits, ..Build::default() }).await;
    world.s3.put(&format!("{PREFIX}p"), pack());
    world
}

async fn range(world: &World, first: usize, last: usize, more: &[(&str, &str)]) -> Got {
    let range = format!("bytes={first}-{last}");
    let headers = [&[("range", range.as_str())], more].concat();
    fetch(world.address, "GET", &target("p"), &headers).await
}

/// Each on a connection of its own, as kopia's mostly are.
async fn arrives(world: &World, first: usize, last: usize) {
    let got = range(world, first, last, &[]).await;
    let end = last.min(PACK - 1);
    assert_eq!(got.status, StatusCode::PARTIAL_CONTENT);
    assert_eq!(got.header("content-range"), format!("bytes {first}-{end}/{PACK}"));
    assert_eq!(
        (got.header("content-length"), got.header("etag")),
        ((end + 1 - first).to_string().as_str(), ETAG)
    );
    assert!(got.body.unwrap() == pack()[first..=end], "other bytes from {first} on");
}

async fn all_arrive(world: &World) {
    for first in (0..PACK).step_by(RANGE) {
        arrives(world, first, first + RANGE - 1).await;
    }
}

#[tokio::test]
async fn ranges_one_behind_the_other_cost_one_request() {
    let world = world(true).await;
    all_arrive(&world).await;
    let asked: Vec<_> = world.s3.seen().into_iter().map(|seen| seen.headers["range"].clone()).collect();
    assert_eq!(asked, [format!("bytes=0-{}", RANGE - 1 + (32 << 20))]);
    let fetched = world.stop().await.traffic.s3_received_payload_bytes;
    assert_eq!(fetched, PACK as u64, "not a byte more than was asked for");
}

/// As many as would end it, were the last range of each pack counted as read for nothing.
#[tokio::test]
async fn it_goes_on_for_as_long_as_all_of_it_is_of_use() {
    let world = world(true).await;
    for packs in 1..=20 {
        arrives(&world, 0, PACK / 2 - 1).await;
        arrives(&world, PACK / 2, PACK - 1).await;
        assert_eq!(world.s3.seen().len(), packs, "one request for each pack");
    }
}

#[tokio::test]
async fn switched_off_each_range_is_asked_for_as_it_is() {
    let world = world(false).await;
    all_arrive(&world).await;
    let asked: Vec<_> = world.s3.seen().into_iter().map(|seen| seen.headers["range"].clone()).collect();
    assert_eq!(asked.len(), 5);
    assert_eq!(asked[1], format!("bytes={RANGE}-{}", 2 * RANGE - 1));
}

#[tokio::test]
async fn the_last_range_may_reach_beyond_the_end_and_a_gap_is_asked_for_anew() {
    let world = world(true).await;
    arrives(&world, 0, RANGE - 1).await;
    arrives(&world, RANGE, PACK + 99).await;
    assert_eq!(world.s3.seen().len(), 1);
    arrives(&world, 0, RANGE - 1).await;
    arrives(&world, RANGE + 1, 2 * RANGE).await;
    assert_eq!(world.s3.seen().len(), 3);
}

#[tokio::test]
async fn fault_d3_a_stream_that_breaks_while_it_waits_or_flows_is_gone_on_with() {
    for after in [RANGE - 1, RANGE, RANGE + 1, 3 * RANGE / 2, 2 * RANGE, PACK - 1] {
        let world = world(true).await;
        world.s3.fail(Fault::CutPart { after });
        all_arrive(&world).await;
        let seen = world.s3.seen();
        assert!((2..=3).contains(&seen.len()), "{after}: {} requests", seen.len());
    }
}

#[tokio::test]
async fn fault_d8_a_version_that_is_asked_for_by_name_is_that_one_or_asked_of_s3() {
    let world = world(true).await;
    arrives(&world, 0, RANGE - 1).await;
    let other = range(&world, RANGE, 2 * RANGE - 1, &[("if-match", "\"other\"")]).await;
    assert_eq!((other.status, world.s3.seen().len()), (StatusCode::PRECONDITION_FAILED, 2));
    let same = range(&world, RANGE, 2 * RANGE - 1, &[("if-match", ETAG)]).await;
    assert_eq!((same.status, world.s3.seen().len()), (StatusCode::PARTIAL_CONTENT, 2));
}

#[tokio::test]
async fn a_condition_that_only_s3_can_judge_goes_to_s3() {
    let world = world(true).await;
    arrives(&world, 0, RANGE - 1).await;
    let conditional = range(&world, RANGE, 2 * RANGE - 1, &[("if-none-match", "\"x\"")]).await;
    assert_eq!(conditional.status, StatusCode::PARTIAL_CONTENT);
    assert_eq!(world.s3.seen()[1].headers["range"], format!("bytes={RANGE}-{}", 2 * RANGE - 1));
}

#[tokio::test]
async fn fault_d9_an_s3_that_does_not_honour_the_longer_range_is_asked_for_the_clients() {
    let world = world(true).await;
    let short = http::Response::builder()
        .status(206)
        .header("etag", ETAG)
        .header("content-range", format!("bytes 0-9/{PACK}"))
        .header("content-length", 10)
        .body(crate::support::http::whole("0123456789"));
    world.s3.fail(Fault::Answer(short.unwrap()));
    arrives(&world, 0, RANGE - 1).await;
    assert_eq!(world.s3.seen()[1].headers["range"], format!("bytes=0-{}", RANGE - 1));
}
