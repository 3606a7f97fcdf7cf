//! An S3 that lies about its own answers: bounded, refused, never believed.

use crate::support::{
    client::{SOON, fetch},
    s3::Fault,
    world::{Build, PREFIX, World, neighbours, spec, target},
};
use contract::pods::ProxySpec;
use http::{Response, StatusCode};
use jiff::SignedDuration;
use proxy::limits::Limits;
use std::time::Duration;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

/// Answers each connection with these bytes, the last part for ever where it says so, and closes.
async fn answering(once: &'static str, for_ever: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                // Ends when the proxy has had enough.
                let _ = stream.read(&mut [0; 4096]).await;
                let _ = stream.write_all(once.as_bytes()).await;
                while !for_ever.is_empty() && stream.write_all(for_ever.as_bytes()).await.is_ok() {}
            });
        }
    });
    url
}

async fn impatient_before(endpoint: &str) -> World {
    before(endpoint, Duration::from_millis(300), Duration::from_millis(800)).await
}

async fn before(endpoint: &str, first_byte: Duration, patience: Duration) -> World {
    let (s3, broker) = neighbours(SignedDuration::from_hours(1)).await;
    let folder = tempfile::tempdir().unwrap();
    let spec = spec(&s3, &broker, &folder, PREFIX);
    let spec = ProxySpec { endpoint: Some(endpoint.parse().unwrap()), ..spec };
    World::of(s3, broker, folder, spec, Limits { first_byte, patience, ..Build::default().limits }).await
}

#[tokio::test]
async fn fault_g16_an_answer_that_is_none_is_not_passed_on() {
    let lies = [
        ("", ""),
        ("nonsense\r\n\r\n", ""),
        ("HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab", ""),
        ("HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\nab", ""),
        ("HTTP/1.1 200 OK\r\n\r\nends with the connection", ""),
        ("HTTP/1.0 200 OK\r\n\r\nends with the connection", ""),
        ("HTTP/1.1 200 OK\r\ncontent-length: 9\r\nx: a\0b\r\n\r\nsplit", ""),
        ("HTTP/1.1 200 OK\r\n", "x: a header without an end\r\n"),
        ("HTTP/1.1 200 OK\r\nx: ", "yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy"),
        ("", "HTTP/1.1 103 Early Hints\r\n\r\n"),
    ];
    let told = lies.map(async |(once, for_ever)| {
        let world = impatient_before(&answering(once, for_ever).await).await;
        let got = world.get("x").await;
        assert_eq!(got.status, StatusCode::SERVICE_UNAVAILABLE, "{once:?} {for_ever:?}");
    });
    futures::future::join_all(told).await;
}

#[tokio::test]
async fn fault_g16_a_refused_connection_is_held_and_then_answered() {
    let world = impatient_before("http://127.0.0.1:1/").await;
    assert_eq!(world.get("x").await.status, StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn fault_g18_an_endless_error_document_is_read_only_so_far() {
    let endless = "<Error><Code>AccessDenied</Code>canary canary canary canary canary canary canary";
    let head = "HTTP/1.1 403 Forbidden\r\ncontent-length: 99999999999\r\n\r\n";
    let world = before(&answering(head, endless).await, SOON, SOON * 10).await;
    let got = fetch(world.address, "GET", &target("x"), &[]).await;
    assert_eq!(got.status, StatusCode::FORBIDDEN);
    assert!(got.text().contains("<Code>AccessDenied</Code>") && !got.text().contains("canary"));
    assert!(world.stop().await.traffic.s3_received_payload_bytes < 1 << 20);
}

#[tokio::test]
async fn fault_d10_a_pooled_connection_that_was_closed_costs_no_error() {
    let world = World::start().await;
    world.s3.put(&format!("{PREFIX}x"), "x");
    for _ in 0..20 {
        let answer = Response::builder().header("connection", "close").header("content-length", 0);
        world.s3.fail(Fault::Answer(answer.body(crate::support::http::whole("")).unwrap()));
        assert!(world.get("x").await.status.is_success());
        assert_eq!(world.get("x").await.text(), "x");
    }
}
