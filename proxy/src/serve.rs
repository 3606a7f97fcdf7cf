//! Serves clients on loopback until told to stop.
//!
//! Input: a listener, a handler, limits, a token that says stop. Output: how the last transfers ended. Must not: serve
//! more connections at once than its cap, let one connection's fate touch another's, or stop in the middle of a
//! transfer before the drain's deadline.

pub mod client;
pub mod conversation;
pub mod handler;

pub use handler::Handler;

use crate::limits::Limits;
use std::{sync::Arc, time::Duration};
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
    let mut server = Server { handler, limits, stop: stop.clone(), connections: JoinSet::new() };
    tokio::select! {
        () = stop.cancelled() => {}
        () = server.accept(&listener) => {}
    }
    drop(listener);
    drained(server.connections, server.limits.drain).await
}

struct Server {
    handler: Arc<Handler>,
    limits: Limits,
    stop: CancellationToken,
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
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "failed to set TCP_NODELAY");
        }
        let (handler, limits) = (Arc::clone(&self.handler), self.limits.clone());
        conversation::converse(Box::new(stream), handler, limits, self.stop.clone())
    }

    fn reap(&mut self) {
        while let Some(ended) = self.connections.try_join_next() {
            tell_panic(ended);
        }
    }
}

/// Idle connections close at once, busy ones after their answer, all at the deadline.
async fn drained(mut connections: JoinSet<()>, deadline: Duration) -> Drained {
    let ending = async {
        while let Some(ended) = connections.join_next().await {
            tell_panic(ended);
        }
    };
    // Out of time: what is left is counted and cut.
    let _ = tokio::time::timeout(deadline, ending).await;
    let cut = connections.len();
    connections.shutdown().await;
    Drained { cut }
}

fn tell_panic(ended: Result<(), JoinError>) {
    if let Err(error) = ended {
        tracing::error!(%error, "a connection's task failed; the others go on");
    }
}

#[cfg(test)]
mod tests {
    use super::{Drained, drained};
    use std::time::Duration;
    use tokio::{
        task::JoinSet,
        time::{Instant, sleep},
    };

    const DEADLINE: Duration = Duration::from_secs(18);
    const BEFORE: Duration = Duration::from_secs(17);
    const SECOND: Duration = Duration::from_secs(1);

    /// How many connections were cut, and how long that took, where one lasts for each of these.
    async fn ending(last: &[Duration]) -> (usize, Duration) {
        let (mut connections, began) = (JoinSet::new(), Instant::now());
        for duration in last {
            connections.spawn(sleep(*duration));
        }
        let Drained { cut } = drained(connections, DEADLINE).await;
        (cut, began.elapsed())
    }

    #[tokio::test(start_paused = true)]
    async fn what_ends_before_the_deadline_is_waited_for_and_no_longer() {
        assert_eq!(ending(&[SECOND, BEFORE]).await, (0, BEFORE));
    }

    #[tokio::test(start_paused = true)]
    async fn what_does_not_is_cut_when_it_comes() {
        assert_eq!(ending(&[SECOND, DEADLINE * 2, DEADLINE * 3]).await, (2, DEADLINE));
    }
}
