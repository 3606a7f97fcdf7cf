//! Bytes no honest client sends: answered 4xx or cut off, and none of them reaches S3.

mod families;

use crate::support::{
    client::{SOON, fetch, raw},
    world::{Build, PREFIX, World, target},
};
use families::{Hostile, key, with};
use futures::StreamExt;
use proxy::limits::Limits;
use std::time::Duration;

/// Refused, or closed without a word: never a success, never a redirect, never silence.
fn is_refusal(answer: &str) -> bool {
    let statuses = answer.split("HTTP/1.").skip(1).filter_map(|rest| rest.get(2..5));
    let mut statuses = statuses.filter(|status| status.bytes().all(|b| b.is_ascii_digit()));
    statuses.all(|status| status.starts_with('4'))
}

/// Sixteen at a time; which of them S3 got to see, or was not refused at once: the deadlines of a head and of a pause are
/// far beyond what is waited for here.
async fn sent(world: &World, all: Vec<Hostile>) -> Vec<String> {
    let tries = all.into_iter().map(|(row, bytes)| async move {
        let answer = raw(world.address, &bytes, SOON).await;
        let told = match &answer {
            Ok(answer) if is_refusal(answer) => return None,
            Ok(answer) => format!("was answered {answer:?}"),
            Err(_) => "was neither answered nor closed".to_owned(),
        };
        let shown: String = String::from_utf8_lossy(&bytes).chars().take(200).collect();
        Some(format!("{row}: {shown:?} {told}"))
    });
    futures::stream::iter(tries).buffer_unordered(16).filter_map(std::future::ready).collect().await
}

#[tokio::test]
async fn faults_g7_to_g13_two_thousand_hostile_requests_are_refused_and_none_reaches_s3() {
    let world = World::start().await;
    world.s3.put(&format!("{PREFIX}x"), "x");
    let all = families::all();
    let distinct: std::collections::BTreeSet<_> = all.iter().map(|(_, bytes)| bytes).collect();
    assert!(distinct.len() >= 2_000, "{}", distinct.len());
    let wrong = sent(&world, all).await;
    assert!(wrong.is_empty(), "{} were not refused: {:#?}", wrong.len(), &wrong[..wrong.len().min(10)]);
    let seen: Vec<_> = world.s3.seen().into_iter().map(|seen| seen.target).collect();
    assert!(seen.is_empty(), "{seen:?} reached S3");
    assert!(world.get("x").await.status.is_success(), "the proxy still serves");
}

#[tokio::test]
async fn fault_g12_what_follows_a_refused_body_is_not_taken_for_a_request() {
    let world = World::start().await;
    let smuggled = with("");
    let bytes = [with(&format!("content-length: {}\r\n", smuggled.len())), smuggled].concat();
    let answer = raw(world.address, &bytes, SOON).await.unwrap();
    assert!(is_refusal(&answer), "{answer}");
    assert_eq!(world.s3.seen().len(), 0);
}

#[tokio::test]
async fn fault_g10_hosts_are_ignored_whatever_they_say() {
    let world = World::start().await;
    world.s3.put(&format!("{PREFIX}x"), "x");
    let line = format!("GET {} HTTP/1.1\r\n", key());
    for hosts in ["host: evil.example\r\n", "host: a\r\nhost: b\r\n", "host: 169.254.169.254:80\r\n", ""] {
        let bytes = format!("{line}{hosts}connection: close\r\n\r\n");
        let answer = raw(world.address, bytes.as_bytes(), SOON).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200") || is_refusal(&answer), "{answer}");
    }
    let own = world.s3.url().trim_start_matches("http://").trim_end_matches('/').to_owned();
    assert!(world.s3.seen().iter().all(|seen| seen.headers["host"] == own.as_str()));
}

#[tokio::test]
async fn fault_g15_what_concerns_this_hop_stays_on_it() {
    let world = World::start().await;
    world.s3.put(&format!("{PREFIX}x"), "x");
    let lines = "upgrade: h2c\r\nhttp2-settings: AAMAAABkAAQAAP__\r\nproxy-authorization: Basic eA==\r\n\
                 te: trailers\r\nkeep-alive: 5\r\nproxy-connection: keep-alive\r\nif-match: \"x\"\r\n\
                 connection: upgrade, if-match, close\r\n";
    let answer = raw(world.address, &with(lines), SOON).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    let seen = world.s3.seen().remove(0).headers;
    for name in
        ["upgrade", "http2-settings", "proxy-authorization", "te", "keep-alive", "connection", "if-match"]
    {
        assert!(!seen.contains_key(name), "{name}");
    }
}

async fn limited(change: impl FnOnce(&mut Limits)) -> World {
    let mut build = Build::default();
    change(&mut build.limits);
    let world = World::build(build).await;
    world.s3.put(&format!("{PREFIX}x"), "x");
    world
}

#[tokio::test]
async fn fault_g14_an_unfinished_head_is_cut_off() {
    let world = limited(|limits| limits.head = Duration::from_millis(300)).await;
    for bytes in ["", "G", "GET /x HTTP/1.1\r\nhost: a\r\n"] {
        let answer = raw(world.address, bytes.as_bytes(), SOON).await.expect("a closed connection");
        assert!(is_refusal(&answer), "{answer}");
    }
}

#[tokio::test]
async fn fault_g14_an_idle_connection_is_closed() {
    let world = limited(|limits| limits.idle = Duration::from_millis(600)).await;
    let answer = raw(world.address, &with(""), SOON).await.expect("a closed connection");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

#[tokio::test]
async fn fault_g14_connections_beyond_the_cap_wait_and_are_served() {
    let world = limited(|limits| limits.connections = 3).await;
    let path = target("x");
    let all = (0..30).map(|_| fetch(world.address, "GET", &path, &[]));
    assert!(futures::future::join_all(all).await.iter().all(|got| got.status.is_success()));
}
