//! Serves clients on loopback until told to stop.
//!
//! Input: a listener, a handler, limits, a token that says stop. Output: how the last transfers ended. Must not: serve
//! more connections at once than its cap, let one connection's fate touch another's, or stop in the middle of a
//! transfer before the drain's deadline.

pub mod handler;
pub mod head_guard;

pub use handler::Handler;

use crate::limits::Limits;
use head_guard::HeadGuard;
use hyper::{Request, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::{GracefulShutdown, Watcher},
};
use std::{convert::Infallible, sync::Arc, time::Duration};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    task::{JoinError, JoinSet},
};
use tokio_util::sync::CancellationToken;

/// After a failed accept, such as one without a file descriptor left: others will end and give theirs back.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// How serving ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Drained {
    /// Connections that were cut because the drain's deadline had come.
    pub cut: usize,
}

/// Serves until `stop`, then lets running transfers end.
pub async fn serve(
    listener: TcpListener,
    handler: Arc<Handler>,
    limits: Limits,
    stop: CancellationToken,
) -> Drained {
    let mut server =
        Server { handler, limits, graceful: GracefulShutdown::new(), connections: JoinSet::new() };
    tokio::select! {
        () = stop.cancelled() => {}
        () = server.accept(&listener) => {}
    }
    drop(listener);
    server.drain().await
}

struct Server {
    handler: Arc<Handler>,
    limits: Limits,
    graceful: GracefulShutdown,
    connections: JoinSet<()>,
}

impl Server {
    /// Accepts for ever. Beyond the cap nothing is accepted: clients wait in the kernel's queue, and are not refused.
    async fn accept(&mut self, listener: &TcpListener) {
        let seats = Arc::new(Semaphore::new(self.limits.connections));
        loop {
            let Ok(seat) = Arc::clone(&seats).acquire_owned().await else { return };
            match listener.accept().await {
                Ok((stream, _)) => {
                    let connection = self.connection(stream);
                    self.connections.spawn(async move {
                        connection.await;
                        drop(seat);
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "failed to accept a connection");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
            self.reap();
        }
    }

    fn connection(&self, stream: TcpStream) -> impl Future<Output = ()> + Send + use<> {
        serve_connection(stream, Arc::clone(&self.handler), self.limits.clone(), self.graceful.watcher())
    }

    fn reap(&mut self) {
        while let Some(ended) = self.connections.try_join_next() {
            tell_panic(ended);
        }
    }

    /// Idle connections close at once, busy ones after their answer, all at the deadline.
    async fn drain(self) -> Drained {
        let Self { graceful, mut connections, limits, .. } = self;
        let finished = tokio::time::timeout(limits.drain, graceful.shutdown()).await;
        while let Some(ended) = connections.try_join_next() {
            tell_panic(ended);
        }
        let cut = if finished.is_ok() { 0 } else { connections.len() };
        connections.shutdown().await;
        Drained { cut }
    }
}

fn tell_panic(ended: Result<(), JoinError>) {
    if let Err(error) = ended {
        tracing::error!(%error, "a connection's task failed; the others go on");
    }
}

async fn serve_connection(stream: TcpStream, handler: Arc<Handler>, limits: Limits, watcher: Watcher) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "failed to set TCP_NODELAY");
    }
    let service = service_fn(move |request: Request<Incoming>| {
        let handler = Arc::clone(&handler);
        async move { Ok::<_, Infallible>(handler.answer(request).await) }
    });
    let io = TokioIo::new(HeadGuard::new(stream, limits.head));
    let connection = http1_server(&limits).serve_connection(io, service);
    if let Err(error) = watcher.watch(connection).await {
        tracing::debug!(error = crate::post::chain(&error), "a connection ended early");
    }
}

fn http1_server(limits: &Limits) -> http1::Builder {
    let mut server = http1::Builder::new();
    server
        .timer(TokioTimer::new())
        // Hyper's timer also runs between requests; the deadline of a begun head is the guard's.
        .header_read_timeout(limits.idle)
        .max_headers(limits.headers)
        .max_header_size(limits.head_bytes)
        .max_buf_size(limits.head_bytes);
    server
}
