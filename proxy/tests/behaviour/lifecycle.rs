//! From the first credentials to the farewell, in process.

use crate::support::{
    client::{SOON, fetch, raw, send},
    http::piecewise,
    s3::{Fault, Weather},
    world::{Build, PREFIX, TOKEN, World, neighbours, spec, target},
};
use bytes::Bytes;
use contract::broker::AnswerStats;
use http_body_util::BodyExt;
use jiff::SignedDuration;
use proxy::{
    args::Settings,
    clock::Clock,
    limits::Limits,
    run::{self, RunError},
    upstream::Endpoint,
};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

async fn raw_get(address: std::net::SocketAddr, path: &str) -> String {
    let request = format!("GET {path} HTTP/1.1\r\nhost: a\r\n\r\n");
    raw(address, request.as_bytes(), SOON).await.unwrap()
}

#[tokio::test]
async fn a_proxy_whose_keeper_died_ends_instead_of_waiting_for_credentials_for_ever() {
    let (s3, broker) = neighbours(SignedDuration::from_hours(1)).await;
    let folder = tempfile::tempdir().unwrap();
    let spec = spec(&s3, &broker, &folder, PREFIX);
    // A second installation in one process is refused, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let endpoint = Endpoint::new(spec.endpoint.as_ref(), &spec.region).unwrap();
    let settings = Settings { spec, endpoint, limits: Limits::default(), relay: None };
    let clock = Clock::from_fn(|| panic!("scripted"));
    let running = run::run(settings, clock, CancellationToken::new());
    let ended = tokio::time::timeout(SOON, running).await.expect("an end");
    assert!(matches!(ended, Err(RunError::Household(Some(_)))), "{ended:?}");
}

#[tokio::test]
async fn the_broker_is_asked_with_the_token_of_the_moment_for_this_group_and_type() {
    let world = World::start().await;
    std::fs::write(world.folder.path().join("token"), "rotated").unwrap();
    world.s3.expire("canary-id-1");
    world.get("x").await;
    let calls = world.broker.calls();
    assert_eq!(calls[0].0, format!("Bearer {TOKEN}"));
    assert_eq!(calls[1].0, "Bearer rotated");
    let body =
        serde_json::json!({"group": "00000000-0000-0000-0000-000000000007", "type": "tamanu-postgres"});
    assert_eq!(calls[0].1, body);
}

#[tokio::test]
async fn the_address_is_announced_only_once_there_are_credentials() {
    let (s3, broker) = neighbours(SignedDuration::from_hours(1)).await;
    broker.fail(403);
    broker.fail(500);
    let world = World::between(s3, broker, Build::default()).await;
    assert_eq!(world.broker.calls().len(), 3);
}

#[tokio::test]
async fn fault_d19_a_second_life_is_found_where_the_first_one_was() {
    let (s3, broker) = neighbours(SignedDuration::from_hours(1)).await;
    let folder = tempfile::tempdir().unwrap();
    let spec = spec(&s3, &broker, &folder, PREFIX);
    let first = World::of(s3, broker, folder, spec.clone(), Limits::default()).await;
    let (s3, broker, address) = (first.s3.clone(), first.broker.clone(), first.address);
    let port_file = spec.port_file.clone();
    first.stop().await;
    std::fs::create_dir_all(port_file.parent().unwrap()).unwrap();
    std::fs::write(&port_file, address.to_string()).unwrap();
    std::fs::write(spec.broker_token_file.as_ref().unwrap(), TOKEN).unwrap();
    let second = World::of(s3, broker, tempfile::tempdir().unwrap(), spec, Limits::default()).await;
    assert_eq!(second.address, address);
    std::fs::remove_dir_all(port_file.parent().unwrap()).unwrap();
}

#[tokio::test]
async fn a_running_transfer_ends_before_the_proxy_does() {
    let world = World::start().await;
    let (pieces, body) = piecewise();
    world.s3.fail(Fault::Body(10, body));
    pieces.send(Ok(Bytes::from_static(b"01234"))).await.unwrap();
    let mut answer = send(world.address, "GET", &target("x"), &[]).await;
    world.tell_to_stop();
    pieces.send(Ok(Bytes::from_static(b"56789"))).await.unwrap();
    assert_eq!(answer.body_mut().collect().await.unwrap().to_bytes(), "0123456789");
    world.stop().await;
}

#[tokio::test]
async fn a_transfer_that_does_not_end_is_cut_at_the_deadline() {
    let limits = Limits { drain: Duration::from_millis(300), ..Build::default().limits };
    let world = World::build(Build { limits, ..Build::default() }).await;
    let (pieces, body) = piecewise();
    world.s3.fail(Fault::Body(10, body));
    pieces.send(Ok(Bytes::from_static(b"01234"))).await.unwrap();
    let mut answer = send(world.address, "GET", &target("x"), &[]).await;
    let stopping = tokio::time::timeout(SOON, world.stop()).await;
    assert!(stopping.is_ok());
    assert!(answer.body_mut().collect().await.is_err());
}

#[tokio::test]
async fn the_figures_are_posted_once_and_count_what_went_over_the_wire() {
    let world = World::start().await;
    world.s3.put(&format!("{PREFIX}x"), vec![7; 10_000]);
    world.get("x").await;
    world.get("missing").await;
    let broker = world.broker.clone();
    broker.fail_stats(503);
    let stats = world.stop().await;
    let posted = broker.stats();
    assert_eq!(posted, [(format!("Bearer {TOKEN}"), serde_json::to_value(stats).unwrap())]);
    let AnswerStats { success, client_error, .. } = stats.requests.get;
    assert_eq!((success, client_error), (1, 1));
    let figures = stats.traffic;
    let payload = figures.s3_received_payload_bytes;
    assert!((10_000..11_000).contains(&payload), "{payload}");
    assert!((payload..payload + 2_000).contains(&figures.s3_received_raw_bytes), "{figures:?}");
    assert!((500..5_000).contains(&figures.s3_sent_raw_bytes), "{figures:?}");
    assert_eq!(figures.s3_sent_payload_bytes, 0);
}

#[tokio::test]
async fn the_figures_are_exact_even_if_the_proxy_is_told_to_stop_in_the_middle() {
    let world = World::start().await;
    let (pieces, body) = piecewise();
    world.s3.fail(Fault::Body(10, body));
    pieces.send(Ok(Bytes::from_static(b"01234"))).await.unwrap();
    let mut answer = send(world.address, "GET", &target("x"), &[]).await;
    let broker = world.broker.clone();
    world.tell_to_stop();
    pieces.send(Ok(Bytes::from_static(b"56789"))).await.unwrap();
    assert!(answer.body_mut().collect().await.is_ok());
    assert_eq!(world.stop().await.traffic.s3_received_payload_bytes, 10);
    assert_eq!(broker.stats()[0].1["s3_received_payload_bytes"], 10);
}

#[tokio::test]
async fn a_request_that_is_held_does_not_outlast_the_drain() {
    let limits = Limits { drain: Duration::from_millis(300), ..Build::default().limits };
    let world = World::build(Build { limits, ..Build::default() }).await;
    world.s3.set_weather(Some(Weather::Error(503, "SlowDown")));
    let path = target("x");
    let (held, stopping) = (raw_get(world.address, &path), async {
        world.s3.asked(2).await;
        world.stop().await
    });
    let (held, _) = tokio::join!(held, stopping);
    assert_eq!(held, "", "nothing was promised, and nothing is said");
}

#[tokio::test]
async fn a_callback_that_fails_is_not_fatal_and_not_waited_for_long() {
    let limits = Limits { farewell: Duration::from_millis(500), ..Build::default().limits };
    let world = World::build(Build { limits, ..Build::default() }).await;
    (0..50).for_each(|_| world.broker.fail_stats(500));
    let broker = world.broker.clone();
    world.stop().await;
    assert_eq!(broker.stats().len(), 0);
}

#[tokio::test]
async fn idle_connections_do_not_delay_the_end() {
    let limits = Limits { drain: SOON * 100, ..Build::default().limits };
    let world = World::build(Build { limits, ..Build::default() }).await;
    let _idle = tokio::net::TcpStream::connect(world.address).await.unwrap();
    let path = target("x");
    fetch(world.address, "GET", &path, &[]).await;
    // It would wait for a hundred times as long, were it the drain's deadline that ended it.
    let ended = tokio::time::timeout(SOON, world.stop()).await;
    assert!(ended.is_ok());
}
