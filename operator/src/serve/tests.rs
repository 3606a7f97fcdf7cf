use super::{MAX_HEAD_BYTES, Peer, bind, serve};
use axum::{Extension, Router, routing::get};
use std::{net::SocketAddr, sync::Arc, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::Notify,
    task::JoinHandle,
    time::timeout,
};
use tokio_util::sync::CancellationToken;

/// A server whose `/slow` answers when it is let go.
struct Served {
    address: SocketAddr,
    entered: Arc<Notify>,
    let_go: Arc<Notify>,
    shutdown: CancellationToken,
    task: JoinHandle<()>,
}

async fn served() -> Served {
    let (entered, let_go) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (at_door, gate) = (entered.clone(), let_go.clone());
    let slow = || async move {
        at_door.notify_one();
        gate.notified().await;
        "done"
    };
    let whence = |Extension(peer): Extension<Peer>| async move { peer.to_string() };
    let router = Router::new()
        .route("/", get(|| async { "here" }))
        .route("/whence", get(whence))
        .route("/slow", get(slow));
    let listener = bind("127.0.0.1:0".parse().unwrap(), "test").await.unwrap();
    let (address, shutdown) = (listener.local_addr().unwrap(), CancellationToken::new());
    let task = tokio::spawn(serve(listener, router, shutdown.clone()));
    Served { address, entered, let_go, shutdown, task }
}

/// The whole answer to a raw request.
async fn answer(address: SocketAddr, request: String) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

fn request(path: &str, header: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{header}\r\n")
}

#[tokio::test]
async fn fault_g13_a_head_of_more_than_8_kib_is_refused() {
    let server = served().await;
    assert!(answer(server.address, request("/", "")).await.starts_with("HTTP/1.1 200"));
    let bomb = format!("X-Bomb: {}\r\n", "x".repeat(MAX_HEAD_BYTES));
    assert!(answer(server.address, request("/", &bomb)).await.starts_with("HTTP/1.1 431"));
}

#[tokio::test]
async fn a_request_knows_where_it_comes_from() {
    let server = served().await;
    assert!(answer(server.address, request("/whence", "")).await.ends_with("127.0.0.1"));
}

#[tokio::test]
async fn shutdown_refuses_new_connections_and_finishes_answers_in_progress() {
    let server = served().await;
    let waiting = tokio::spawn(answer(server.address, request("/slow", "")));
    server.entered.notified().await;
    server.shutdown.cancel();
    server.let_go.notify_one();
    assert!(waiting.await.unwrap().ends_with("done"));
    server.task.await.unwrap();
    assert!(TcpStream::connect(server.address).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn fault_g14_a_head_that_never_ends_is_cut_off() {
    let server = served().await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nX-Slow: ").await.unwrap();
    let mut rest = Vec::new();
    timeout(Duration::from_mins(1), stream.read_to_end(&mut rest)).await.expect("still open").unwrap();
    assert!(!String::from_utf8_lossy(&rest).contains("200"));
}

#[tokio::test]
async fn a_taken_port_is_named_with_what_it_was_for() {
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = taken.local_addr().unwrap();
    let error = bind(address, "broker").await.unwrap_err();
    assert!(error.to_string().starts_with(&format!("failed to listen on {address} for the broker")));
}
