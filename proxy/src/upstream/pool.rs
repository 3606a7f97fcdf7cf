//! Connections to S3 that wait for the next request.
//!
//! Input: connections whose answers were read to the end. Output: one that still stands, or a new one. Must not: keep
//! more of them than clients there can be, or one for longer than S3 does.

use super::{Connection, Dial};
use std::{
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::time::Instant;

/// S3 closes idle connections after some 20 s; reusing one that is about to go costs a retry.
const IDLE: Duration = Duration::from_secs(15);

/// Connections at rest, the one that was used last on top.
pub struct Pool {
    dial: Arc<dyn Dial>,
    idle: Mutex<Vec<(Instant, Connection)>>,
    most: usize,
}

impl Pool {
    /// Keeps at most so many.
    pub fn new(dial: Arc<dyn Dial>, most: usize) -> Self {
        Self { dial, idle: Mutex::default(), most }
    }

    /// The one that was used last, if it still stands.
    pub fn reused(&self) -> Option<Connection> {
        let mut idle = self.idle();
        while let Some((since, mut connection)) = idle.pop() {
            if since.elapsed() >= IDLE {
                // Those below it have rested for longer.
                idle.clear();
            } else if connection.is_quiet() {
                return Some(connection);
            }
        }
        None
    }

    /// A new one.
    pub async fn fresh(&self) -> io::Result<Connection> {
        Ok(Connection::new(self.dial.dial().await?))
    }

    /// For the next request.
    pub fn give_back(&self, connection: Connection) {
        let mut idle = self.idle();
        if idle.len() < self.most {
            idle.push((Instant::now(), connection));
        }
    }

    /// Closes what has rested for too long, for ever.
    pub async fn sweep(&self) {
        let mut ticks = tokio::time::interval(IDLE);
        loop {
            ticks.tick().await;
            self.idle().retain(|(since, _)| since.elapsed() < IDLE);
        }
    }

    fn idle(&self) -> MutexGuard<'_, Vec<(Instant, Connection)>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::{IDLE, Pool};
    use crate::upstream::{Connection, Dial, dial::Dialing};
    use std::{io, sync::Arc};
    use tokio::{
        io::{AsyncWriteExt, DuplexStream, duplex},
        time::sleep,
    };

    /// No second connection is needed here.
    struct Nowhere;

    impl Dial for Nowhere {
        fn dial(&self) -> Dialing {
            Box::pin(std::future::ready(Err(io::ErrorKind::ConnectionRefused.into())))
        }
    }

    /// With one connection at rest, and its other end.
    fn resting() -> (Pool, DuplexStream) {
        let (near, far) = duplex(64);
        let pool = Pool::new(Arc::new(Nowhere), 1);
        pool.give_back(Connection::new(Box::new(near)));
        (pool, far)
    }

    #[tokio::test]
    async fn fault_g16_what_comes_unasked_is_not_taken_for_the_next_answer() {
        let (pool, mut far) = resting();
        far.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await.unwrap();
        assert!(pool.reused().is_none());
    }

    #[tokio::test]
    async fn fault_d10_a_connection_that_was_closed_is_not_used_again() {
        let (pool, far) = resting();
        drop(far);
        assert!(pool.reused().is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_is_quiet_is_used_again_but_not_after_a_long_rest() {
        let (pool, _far) = resting();
        let connection = pool.reused().unwrap();
        assert!(pool.reused().is_none());
        pool.give_back(connection);
        sleep(IDLE).await;
        assert!(pool.reused().is_none());
    }

    #[tokio::test]
    async fn no_more_of_them_rest_than_may() {
        let (pool, _far) = resting();
        pool.give_back(Connection::new(Box::new(duplex(64).0)));
        assert_eq!(pool.idle().len(), 1);
    }
}
