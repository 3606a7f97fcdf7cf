//! The listener: connections in, requests to the routes, an orderly end.
//!
//! Input: a [`Config`]. Output: a bound [`Server`], run until it is told to stop. Must not: know what is served.

use crate::{
    config::Config,
    connection::{Connection, Peer},
    issuer::Issuer,
    routes,
    state::Stub,
    tls::{Tls, use_ring},
};
use axum::{Router, body::Body};
use hyper::{Request, body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto::Builder,
};
use std::{
    io,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
    pin::pin,
    sync::Arc,
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    sync::Semaphore,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower::ServiceExt as _;

/// Connections served at a time; the next ones wait in the kernel.
const MOST_CONNECTIONS: usize = 1024;

/// A request head that takes longer than this is not coming; also how long an idle connection is kept.
const HEAD_DEADLINE: Duration = Duration::from_mins(1);

/// Calls under way get this long once the server is told to stop.
const GRACE: Duration = Duration::from_secs(5);

/// After a failed accept (no file descriptors left) trying again at once would only burn the processor.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// A stub that could not be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address is taken or not of this machine.
    #[error("failed to listen on {addr}: {source}")]
    Listen {
        /// Where it should have listened.
        addr: SocketAddr,
        /// What the kernel said.
        source: io::Error,
    },
    /// Certificate and key do not go together, or are of no known kind.
    #[error("failed to set up TLS: {0}")]
    SetUpTls(#[source] rustls::Error),
    /// No HTTP client, for STS or for the control.
    #[error("failed to set up an HTTP client: {0}")]
    SetUpClient(#[source] reqwest::Error),
}

/// A bound listener with everything behind it.
pub struct Server {
    listener: TcpListener,
    addr: SocketAddr,
    shared: Arc<Shared>,
    pub(crate) stub: Arc<Stub>,
}

struct Shared {
    router: Router,
    tls: Option<Tls>,
    /// Told once: finish what is under way, take nothing new.
    stop: CancellationToken,
    /// Told once: close every connection at once.
    kill: CancellationToken,
}

impl Server {
    /// Listens; connections wait until [`Server::run`].
    pub async fn bind(config: Config) -> Result<Self, StartError> {
        use_ring();
        let issuer = Issuer::new(&config).map_err(StartError::SetUpClient)?;
        let clock = config.clock;
        let tls = config.tls.map(|tls| Tls::new(tls, Arc::clone(&clock))).transpose();
        let tls = tls.map_err(StartError::SetUpTls)?;
        let stub = Arc::new(Stub::new(config.worklist, issuer, clock));
        let (listener, addr) = listen(config.listen).await?;
        let router = routes::router(Arc::clone(&stub));
        let (stop, kill) = (CancellationToken::new(), CancellationToken::new());
        Ok(Self { listener, addr, shared: Arc::new(Shared { router, tls, stop, kill }), stub })
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Cancelled: [`Server::run`] ends in order.
    pub fn stop_token(&self) -> CancellationToken {
        self.shared.stop.clone()
    }

    /// Cancelled: connections are cut at once.
    pub(crate) fn kill_token(&self) -> CancellationToken {
        self.shared.kill.clone()
    }

    /// Serves until told to stop; calls under way get a moment to finish.
    pub async fn run(self) {
        let Self { listener, shared, .. } = self;
        let connections = TaskTracker::new();
        let room = Arc::new(Semaphore::new(MOST_CONNECTIONS));
        let accepting = async {
            while let Ok(permit) = Arc::clone(&room).acquire_owned().await {
                let Some(tcp) = accept(&listener).await else { continue };
                let shared = Arc::clone(&shared);
                connections.spawn(async move {
                    serve(tcp, &shared).await;
                    drop(permit);
                });
            }
        };
        tokio::select! { () = accepting => {}, () = shared.stop.cancelled() => {} }
        drop(listener);
        connections.close();
        if tokio::time::timeout(GRACE, connections.wait()).await.is_err() {
            shared.kill.cancel();
            connections.wait().await;
        }
    }
}

async fn listen(addr: SocketAddr) -> Result<(TcpListener, SocketAddr), StartError> {
    let failed = |source| StartError::Listen { addr, source };
    let listener = match TcpListener::bind(addr).await {
        // A machine without IPv6 has no `[::]`, but what is meant by it.
        Err(error) if addr.ip() == Ipv6Addr::UNSPECIFIED => {
            TcpListener::bind((Ipv4Addr::UNSPECIFIED, addr.port())).await.map_err(|_| failed(error))?
        }
        bound => bound.map_err(failed)?,
    };
    let bound = listener.local_addr().map_err(failed)?;
    Ok((listener, bound))
}

async fn accept(listener: &TcpListener) -> Option<TcpStream> {
    match listener.accept().await {
        Ok((tcp, _)) => Some(tcp),
        Err(error) => {
            tracing::warn!(%error, "failed to accept a connection");
            tokio::time::sleep(ACCEPT_PAUSE).await;
            None
        }
    }
}

async fn serve(tcp: TcpStream, shared: &Shared) {
    let hang_up = shared.kill.child_token();
    let connected = async {
        match &shared.tls {
            None => talk(tcp, Connection { peer: Peer::NotAsked, hang_up: hang_up.clone() }, shared).await,
            Some(tls) => match tls.accept(tcp).await {
                Ok((stream, peer)) => {
                    talk(stream, Connection { peer, hang_up: hang_up.clone() }, shared).await;
                }
                Err(error) => tracing::warn!(%error, "failed to shake hands"),
            },
        }
    };
    tokio::select! { () = connected => {}, () = hang_up.cancelled() => {} }
}

/// HTTP over one connection, until either side is done.
async fn talk(io: impl AsyncRead + AsyncWrite + Unpin + 'static, connection: Connection, shared: &Shared) {
    let router = shared.router.clone();
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(connection.clone());
        router.clone().oneshot(request.map(Body::new))
    });
    let mut http = Builder::new(TokioExecutor::new());
    http.http1().timer(TokioTimer::new()).header_read_timeout(HEAD_DEADLINE);
    let mut served = pin!(http.serve_connection(TokioIo::new(io), service));
    let ended = tokio::select! {
        ended = served.as_mut() => ended,
        () = shared.stop.cancelled() => {
            served.as_mut().graceful_shutdown();
            served.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended early");
    }
}
