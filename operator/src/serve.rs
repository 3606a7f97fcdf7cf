//! Serves a router on a port of the pod network, where anybody may knock.
//!
//! Input: a listener, a router, and the signal to end. Output: none; it returns when the last answer was given or the
//! drain deadline passed. Must not: let a slow or greedy peer hold more than its bounded share.

use axum::Router;
use http::Request;
use hyper::{body::Incoming, server::conn::http1};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::{GracefulShutdown, Watcher},
    service::TowerToHyperService,
};
use std::{
    fmt, io,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
    task::JoinSet,
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

/// Connections at a time; further ones wait in the kernel's queue.
const MAX_CONNECTIONS: usize = 512;
/// Longest head of a request: a projected token has one or two kilobytes.
const MAX_HEAD_BYTES: usize = 8 * 1024;
/// Longest time for a head to arrive, and for an idle connection to stay.
const HEAD_DEADLINE: Duration = Duration::from_secs(15);
/// Longest wait for answers in progress when the process ends; within a pod's usual 30 s.
const DRAIN_DEADLINE: Duration = Duration::from_secs(15);
/// Pause after a failed accept, which mostly means that there are no file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Where a request comes from, as the network shows it; in the extensions of each request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer(pub IpAddr);

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The port cannot be listened on.
#[derive(Debug, thiserror::Error)]
#[error(
    "failed to listen on {address} for the {purpose}; is the port taken, or the address not this host's?"
)]
pub struct BindError {
    address: SocketAddr,
    purpose: &'static str,
    source: io::Error,
}

/// A listener on `address`; `[::]` becomes `0.0.0.0` where there is no IPv6.
pub async fn bind(address: SocketAddr, purpose: &'static str) -> Result<TcpListener, BindError> {
    let bound = match TcpListener::bind(address).await {
        Err(_) if address.is_ipv6() && address.ip().is_unspecified() => {
            TcpListener::bind((Ipv4Addr::UNSPECIFIED, address.port())).await
        }
        bound => bound,
    };
    bound.map_err(|source| BindError { address, purpose, source })
}

/// Serves until `shutdown`, then finishes the answers in progress.
pub async fn serve(listener: TcpListener, router: Router, shutdown: CancellationToken) {
    let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let graceful = GracefulShutdown::new();
    let mut connections = JoinSet::new();
    while let Some(accepted) = shutdown.run_until_cancelled(accept(&listener, &places)).await {
        match accepted {
            Ok((stream, peer, place)) => {
                connections.spawn(connection((stream, peer), router.clone(), graceful.watcher(), place));
            }
            Err(error) => {
                tracing::warn!(%error, "failed to accept a connection");
                sleep(ACCEPT_PAUSE).await;
            }
        }
        while connections.try_join_next().is_some() {}
    }
    drop(listener);
    if timeout(DRAIN_DEADLINE, graceful.shutdown()).await.is_err() {
        tracing::warn!(connections = connections.len(), "ending with answers in progress");
    }
}

async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> io::Result<(TcpStream, Peer, OwnedSemaphorePermit)> {
    let place = Arc::clone(places).acquire_owned().await.map_err(io::Error::other)?;
    let (stream, peer) = listener.accept().await?;
    Ok((stream, Peer(peer.ip().to_canonical()), place))
}

async fn connection(
    (stream, peer): (TcpStream, Peer),
    router: Router,
    watcher: Watcher,
    place: OwnedSemaphorePermit,
) {
    let router = router.map_request(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(peer);
        request
    });
    let serving = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_DEADLINE)
        .max_buf_size(MAX_HEAD_BYTES)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    if let Err(error) = watcher.watch(serving).await {
        tracing::debug!(%error, "a connection ended badly");
    }
    drop(place);
}

#[cfg(test)]
mod tests;
