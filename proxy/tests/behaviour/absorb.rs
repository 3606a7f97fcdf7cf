//! Faults a client must not see, as long as patience lasts.

use crate::support::{
    broker::ANOTHER_BUCKET,
    client::{Got, fetch},
    http::piecewise,
    s3::{BUCKET, Fault},
    world::{Build, PREFIX, World, target},
};
use http::StatusCode;
use jiff::SignedDuration;
use proxy::limits::Limits;
use std::time::Duration;

async fn world() -> World {
    impatient(Build::default().limits.patience).await
}

async fn impatient(patience: Duration) -> World {
    let limits = Limits { patience, ..Build::default().limits };
    with_object(World::build(Build { limits, ..Build::default() }).await)
}

fn with_object(world: World) -> World {
    world.s3.put(&format!("{PREFIX}x"), "0123456789");
    world
}

fn is_whole(got: &Got) {
    assert_eq!((got.status, got.text().as_str()), (StatusCode::OK, "0123456789"));
}

#[tokio::test]
async fn fault_c2_an_expired_token_is_replaced_and_the_request_replayed() {
    let world = world().await;
    world.s3.expire("canary-id-1");
    is_whole(&world.get("x").await);
    let keys: Vec<_> = world.s3.seen().into_iter().map(|seen| seen.access_key_id).collect();
    assert_eq!(keys, ["canary-id-1", "canary-id-2"]);
    let stats = world.stop().await;
    assert_eq!((stats.requests.get.success, stats.resign_retries.credentials), (1, 1));
}

#[tokio::test]
async fn fault_c2_many_requests_with_one_expired_token_cost_one_refresh() {
    let world = world().await;
    world.s3.expire("canary-id-1");
    let path = target("x");
    let all = (0..20).map(|_| fetch(world.address, "GET", &path, &[]));
    futures::future::join_all(all).await.iter().for_each(is_whole);
    assert_eq!(world.broker.calls().len(), 2);
}

#[tokio::test]
async fn fault_c3_unknown_keys_and_tokens_are_replaced_too() {
    for (status, code) in [(403, "InvalidAccessKeyId"), (400, "InvalidToken"), (400, "TokenRefreshRequired")]
    {
        let world = world().await;
        world.s3.fail(Fault::Error(status, code));
        is_whole(&world.get("x").await);
        assert_eq!(world.broker.calls().len(), 2, "{code}");
    }
}

#[tokio::test]
async fn fault_c2_a_head_with_an_expired_token_is_replayed() {
    let world = world().await;
    world.s3.expire("canary-id-1");
    let got = fetch(world.address, "HEAD", &target("x"), &[]).await;
    assert_eq!((got.status, got.header("content-length")), (StatusCode::OK, "10"));
}

#[tokio::test]
async fn fault_c4_a_denied_access_is_passed_on_without_a_refresh() {
    let world = world().await;
    world.s3.fail(Fault::Error(403, "AccessDenied"));
    let got = world.get("x").await;
    assert_eq!(got.status, StatusCode::FORBIDDEN);
    assert!(got.text().contains("<Code>AccessDenied</Code>"));
    assert_eq!((world.broker.calls().len(), world.s3.seen().len()), (1, 1));
}

#[tokio::test]
async fn fault_c2_kopia_never_reads_that_a_token_has_expired() {
    let world = impatient(Duration::from_secs(2)).await;
    world.broker.set_down(true);
    world.s3.expire("canary-id-1");
    let got = world.get("x").await;
    assert_eq!(got.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(got.text().contains("<Code>ServiceUnavailable</Code>"), "{}", got.text());
    assert!(!got.text().contains("expired"));
}

#[tokio::test]
async fn fault_c7_a_request_is_held_until_the_broker_is_back() {
    let world = world().await;
    world.broker.set_down(true);
    world.s3.expire("canary-id-1");
    let path = target("x");
    let held = fetch(world.address, "GET", &path, &[]);
    let mended = async {
        world.broker.called(3).await;
        world.broker.set_down(false);
    };
    is_whole(&tokio::join!(held, mended).0);
}

#[tokio::test]
async fn fault_c13_credentials_that_live_two_seconds_rotate_unseen() {
    let world =
        with_object(World::build(Build { life: SignedDuration::from_secs(2), ..Build::default() }).await);
    let path = target("x");
    let reading = async {
        loop {
            is_whole(&fetch(world.address, "GET", &path, &[]).await);
        }
    };
    tokio::select! {
        () = reading => {}
        () = world.broker.called(4) => {}
    }
    assert!(world.s3.seen().len() > 4);
}

#[tokio::test]
async fn fault_c14_credentials_of_another_account_open_no_other_place() {
    let world = world().await;
    is_whole(&world.get("x").await);
    world.s3.expire("canary-id-1");
    is_whole(&world.get("x").await);
    let seen = world.s3.seen();
    assert_eq!(seen.last().unwrap().access_key_id, "canary-id-2");
    for elsewhere in
        [target("x").replace(BUCKET, ANOTHER_BUCKET), format!("/{BUCKET}/x"), format!("/{ANOTHER_BUCKET}/")]
    {
        let got = fetch(world.address, "GET", &elsewhere, &[]).await;
        assert_eq!(got.status, StatusCode::FORBIDDEN, "{elsewhere}");
    }
    assert_eq!(world.s3.seen().len(), seen.len(), "nothing else was signed");
    assert!(seen.iter().all(|seen| seen.target == target("x")));
}

#[tokio::test]
async fn fault_d1_and_d2_overload_and_mishaps_are_absorbed() {
    for (status, code) in [(503, "SlowDown"), (500, "InternalError"), (502, ""), (504, ""), (429, "")] {
        let world = world().await;
        world.s3.fail(Fault::Error(status, code));
        world.s3.fail(Fault::Error(status, code));
        is_whole(&world.get("x").await);
    }
}

#[tokio::test]
async fn fault_d1_lists_are_absorbed_too_as_kopia_does_not_retry_them() {
    let world = world().await;
    world.s3.fail(Fault::Error(503, "SlowDown"));
    let target = format!("/{BUCKET}/?list-type=2&prefix=a%20b%2Bc%3D1%2F");
    assert_eq!(fetch(world.address, "GET", &target, &[]).await.text(), format!("<Key>{PREFIX}x</Key>"));
}

#[tokio::test]
async fn fault_d1_when_patience_ends_the_client_is_asked_to_come_again() {
    let world = impatient(Duration::from_secs(1)).await;
    (0..50).for_each(|_| world.s3.fail(Fault::Error(503, "SlowDown")));
    let got = world.get("x").await;
    assert_eq!(got.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(got.text().contains("<Code>ServiceUnavailable</Code>"));
}

#[tokio::test]
async fn fault_d3_a_body_that_breaks_before_its_first_byte_is_asked_for_again() {
    for chunked in [false, true] {
        let world = world().await;
        world.s3.fail(Fault::Cut { after: 0, chunked });
        is_whole(&world.get("x").await);
    }
}

#[tokio::test]
async fn fault_d6_an_answer_that_does_not_begin_is_asked_for_again() {
    let limits = Limits { first_byte: Duration::from_secs(1), ..Build::default().limits };
    let world = with_object(World::build(Build { limits, ..Build::default() }).await);
    world.s3.fail(Fault::Silence);
    is_whole(&world.get("x").await);
    let (_pieces, never) = piecewise();
    world.s3.fail(Fault::Body(10, never));
    is_whole(&world.get("x").await);
}

#[tokio::test]
async fn fault_d4_an_error_whose_document_breaks_off_is_not_taken_for_the_truth() {
    for said in ["", "<Error><Co"] {
        let world = world().await;
        let (pieces, body) = piecewise();
        let refusal = http::Response::builder().status(403).header("content-length", 200);
        world.s3.fail(Fault::Answer(refusal.body(body).unwrap()));
        let path = target("x");
        let breaks = async {
            pieces.send(Ok(said.into())).await.unwrap();
            drop(pieces);
        };
        let (got, ()) = tokio::join!(fetch(world.address, "GET", &path, &[]), breaks);
        is_whole(&got);
        assert_eq!(world.s3.seen().len(), 2, "{said:?}");
    }
}
