//! What S3 says about an object reaches the client as it was said.

use crate::support::{
    client::{SOON, fetch, raw},
    http::whole,
    s3::{BUCKET, ETAG, Fault, MODIFIED},
    world::{PREFIX, World, target},
};
use http::{Response, StatusCode};

async fn world() -> World {
    let world = World::start().await;
    world.s3.put(&format!("{PREFIX}x"), "0123456789");
    world
}

#[tokio::test]
async fn a_get_keeps_bytes_and_description() {
    let world = world().await;
    let got = world.get("x").await;
    assert_eq!((got.status, got.text().as_str()), (StatusCode::OK, "0123456789"));
    assert_eq!((got.header("etag"), got.header("last-modified")), (ETAG, MODIFIED));
    assert_eq!(got.header("content-length"), "10");
}

#[tokio::test]
async fn fault_d14_a_head_keeps_its_content_length() {
    let world = world().await;
    let got = fetch(world.address, "HEAD", &target("x"), &[]).await;
    assert_eq!((got.status, got.header("content-length")), (StatusCode::OK, "10"));
    assert_eq!(got.text(), "");
}

#[tokio::test]
async fn fault_d14_a_part_keeps_its_content_range() {
    let world = world().await;
    let got = fetch(world.address, "GET", &target("x"), &[("range", "bytes=3-5")]).await;
    assert_eq!((got.status, got.header("content-range")), (StatusCode::PARTIAL_CONTENT, "bytes 3-5/10"));
    assert_eq!(got.text(), "345");
}

#[tokio::test]
async fn fault_d14_a_range_beyond_the_end_is_416_with_the_size() {
    let world = world().await;
    let got = fetch(world.address, "GET", &target("x"), &[("range", "bytes=10-19")]).await;
    assert_eq!((got.status, got.header("content-range")), (StatusCode::RANGE_NOT_SATISFIABLE, "bytes */10"));
    assert!(got.text().contains("<Code>InvalidRange</Code>"));
}

#[tokio::test]
async fn fault_d14_not_modified_passes_without_a_body() {
    let world = world().await;
    let answer = Response::builder().status(304).header("etag", ETAG).body(whole("")).unwrap();
    world.s3.fail(Fault::Answer(answer));
    let got = fetch(world.address, "GET", &target("x"), &[("if-none-match", ETAG)]).await;
    assert_eq!((got.status, got.header("etag"), got.text().as_str()), (StatusCode::NOT_MODIFIED, ETAG, ""));
    assert_eq!(world.s3.seen()[0].headers["if-none-match"], ETAG);
}

#[tokio::test]
async fn fault_g18_an_error_keeps_status_code_and_id_and_loses_the_rest() {
    let world = world().await;
    let got = world.get("missing").await;
    assert_eq!(got.status, StatusCode::NOT_FOUND);
    let expected =
        "<Error><Code>NoSuchKey</Code><Message>As scripted.</Message><RequestId>R1</RequestId></Error>";
    assert!(got.text().ends_with(expected), "{}", got.text());
    assert_eq!(got.header("content-type"), "application/xml");
}

#[tokio::test]
async fn a_missing_object_has_a_head_without_a_body() {
    let world = world().await;
    let got = fetch(world.address, "HEAD", &target("missing"), &[]).await;
    assert_eq!((got.status, got.text().as_str()), (StatusCode::NOT_FOUND, ""));
}

#[tokio::test]
async fn fault_d13_a_redirect_is_shown_and_not_followed() {
    let world = world().await;
    world.s3.fail(Fault::Error(301, "PermanentRedirect"));
    let got = world.get("x").await;
    assert_eq!((got.status, got.header("location")), (StatusCode::MOVED_PERMANENTLY, ""));
    assert!(got.text().contains("<Code>PermanentRedirect</Code>"));
    assert_eq!(world.s3.seen().len(), 1);
}

#[tokio::test]
async fn fault_d20_a_compressed_object_stays_compressed_and_cookies_stay_out() {
    let world = world().await;
    let got = fetch(world.address, "GET", &target("x"), &[("accept-encoding", "gzip")]).await;
    assert_eq!((got.header("content-encoding"), got.header("set-cookie")), ("gzip", ""));
    assert_eq!(got.text(), "0123456789");
}

#[tokio::test]
async fn an_empty_object_is_an_empty_answer() {
    let world = world().await;
    world.s3.put(&format!("{PREFIX}empty"), "");
    let got = world.get("empty").await;
    assert_eq!((got.status, got.header("content-length"), got.text().as_str()), (StatusCode::OK, "0", ""));
}

#[tokio::test]
async fn many_requests_share_one_connection_even_pipelined() {
    let world = world().await;
    let one = format!("GET {} HTTP/1.1\r\nhost: a\r\n\r\n", target("x"));
    let last = one.replace("host: a", "host: a\r\nconnection: close");
    let answer = raw(world.address, format!("{one}{one}{last}").as_bytes(), SOON).await.unwrap();
    assert_eq!(answer.matches("0123456789").count(), 3, "{answer}");
}

#[tokio::test]
async fn the_location_of_the_bucket_is_asked_of_s3() {
    let world = world().await;
    world.s3.fail(Fault::Answer(Response::builder().header("content-length", 3).body(whole("<L>")).unwrap()));
    let got = fetch(world.address, "GET", &format!("/{BUCKET}?location"), &[]).await;
    assert_eq!((got.text().as_str(), world.s3.seen()[0].target.as_str()), ("<L>", "/backups/?location="));
}

#[tokio::test]
async fn fault_d15_an_expectation_is_met_here_and_not_passed_on() {
    let world = world().await;
    let request = format!(
        "GET {} HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\nconnection: close\r\n\r\n",
        target("x")
    );
    let answer = raw(world.address, request.as_bytes(), SOON).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("0123456789"), "{answer}");
    assert!(!world.s3.seen()[0].headers.contains_key("expect"));
}
