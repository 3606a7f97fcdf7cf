//! The tailnet's way: through a SOCKS5 proxy, to the paths under `/public`, while a probe is answered.

use crate::clients::{client, manual_clock};
use operator::{
    canopy::{CanopyApi, CanopyError, HttpCanopy},
    clock::ManualClock,
    metrics::Metrics,
};
use std::{
    io,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};
use stub_canopy::{Config, Handle, StubCanopy};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

/// A SOCKS5 proxy in whose net every name is Canopy's.
struct Tailnet {
    url: String,
    connections: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

impl Tailnet {
    async fn around(canopy: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("socks5h://{}", listener.local_addr().unwrap());
        let connections = Arc::new(AtomicUsize::new(0));
        let count = connections.clone();
        let task = tokio::spawn(async move {
            while let Ok((guest, _)) = listener.accept().await {
                count.fetch_add(1, SeqCst);
                tokio::spawn(relay(guest, canopy));
            }
        });
        Self { url, connections, task }
    }

    /// Takes the proxy down; connections through it stay.
    async fn stop(self) {
        self.task.abort();
        assert!(self.task.await.unwrap_err().is_cancelled());
    }
}

/// RFC 1928 without authentication: greeting, CONNECT, then bytes both ways.
async fn relay(mut guest: TcpStream, canopy: SocketAddr) -> io::Result<()> {
    let mut greeting = [0; 2];
    guest.read_exact(&mut greeting).await?;
    guest.read_exact(&mut vec![0; greeting[1].into()]).await?;
    guest.write_all(&[5, 0]).await?;
    let mut request = [0; 5];
    guest.read_exact(&mut request).await?;
    assert_eq!(request[3], 3, "the proxy is to resolve the name");
    guest.read_exact(&mut vec![0; usize::from(request[4]) + 2]).await?;
    guest.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]).await?;
    copy_bidirectional(&mut guest, &mut TcpStream::connect(canopy).await?).await?;
    Ok(())
}

async fn canopy() -> (Handle, SocketAddr) {
    let canopy = StubCanopy::start(Config::loopback()).await.unwrap();
    let address = canopy.base_url().socket_addrs(|| None).unwrap()[0];
    (canopy, address)
}

fn through(base: &impl ToString, tailnet: &str) -> (HttpCanopy, ManualClock) {
    let clock = manual_clock();
    (client(base, Some(tailnet), None, Arc::new(clock.clone()), &Metrics::default()), clock)
}

#[tokio::test]
async fn a_tailnet_that_answers_the_probe_is_used_and_resolves_the_name() {
    let (canopy, address) = canopy().await;
    let tailnet = Tailnet::around(address).await;
    let (client, _) = through(&"http://canopy.only-there.invalid", &tailnet.url);
    client.worklist().await.unwrap();
    assert_eq!(canopy.control().ledger().await.unwrap().worklist_polls, 1);
    assert!(tailnet.connections.load(SeqCst) > 0);
}

#[tokio::test]
async fn without_an_answer_to_the_probe_canopy_is_asked_directly() {
    let (canopy, address) = canopy().await;
    let tailnet = Tailnet::around(address).await;
    let url = tailnet.url.clone();
    tailnet.stop().await;
    let (client, _) = through(canopy.base_url(), &url);
    client.worklist().await.unwrap();
    assert_eq!(canopy.control().ledger().await.unwrap().worklist_polls, 1);
}

#[tokio::test]
async fn a_probe_that_is_refused_is_no_answer() {
    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let refusing = nobody.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(nobody, axum::Router::new()).await });
    let tailnet = Tailnet::around(refusing).await;
    let (canopy, _) = canopy().await;
    let (client, _) = through(canopy.base_url(), &tailnet.url);
    client.worklist().await.unwrap();
    assert_eq!(tailnet.connections.load(SeqCst), 1, "the probe went there, the call did not");
}

#[tokio::test]
async fn after_a_failure_the_way_is_looked_for_again_but_not_at_once() {
    let (canopy, address) = canopy().await;
    let tailnet = Tailnet::around(address).await;
    let base = format!("http://localhost:{}", address.port());
    let (client, clock) = through(&base, &tailnet.url);
    client.worklist().await.unwrap();
    let first = tailnet.connections.load(SeqCst);
    assert!(first > 0);
    tailnet.stop().await;
    canopy.stop().await;
    assert!(matches!(client.worklist().await, Err(CanopyError::Unreachable { .. })));
    let again = StubCanopy::start(Config { listen: address, ..Config::loopback() }).await.unwrap();
    assert!(matches!(client.worklist().await, Err(CanopyError::Unreachable { .. })), "still by the tailnet");
    clock.advance(Duration::from_secs(10));
    client.worklist().await.unwrap();
    assert_eq!(again.control().ledger().await.unwrap().worklist_polls, 1);
}

#[tokio::test]
async fn a_tailnet_that_comes_back_is_used_again_after_a_while() {
    let (canopy, address) = canopy().await;
    let parked = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("socks5h://{}", parked.local_addr().unwrap());
    drop(parked);
    let (client, clock) = through(canopy.base_url(), &url);
    client.worklist().await.unwrap();
    let back = TcpListener::bind(url.trim_start_matches("socks5h://")).await.unwrap();
    let asked = tokio::spawn(async move { back.accept().await.map(drop) });
    clock.advance(Duration::from_mins(15));
    client.worklist().await.unwrap();
    asked.await.unwrap().unwrap();
    assert_eq!(canopy.control().ledger().await.unwrap().worklist_polls, 2);
    assert_ne!(address.port(), 0);
}
