//! `pgro-agent ready`: the readiness probe of the postgres container.
//!
//! Input: the socket in the pod. Output: whether the server answers a query now. Must not: go over the network, use a
//! password, or wait longer than the probe does.

use crate::prepare::{config::PORT, users::SUPERUSER};
use std::{path::Path, time::Duration};
use tokio::time::timeout;
use tokio_postgres::{Config, Error, NoTls, error::SqlState};

/// Below the probe's own timeout of 3 s, so that the reason is in the probe's message.
pub const DEADLINE: Duration = Duration::from_secs(2);
/// Databases every cluster is made with, in the order they are asked.
const DATABASES: [&str; 2] = ["postgres", "template1"];

/// Why it is not ready.
#[derive(Debug, thiserror::Error)]
pub enum NotReady {
    /// It did not answer in time.
    #[error("the server did not answer within {} s", DEADLINE.as_secs())]
    Deadline,
    /// It answered with an error.
    #[error("the server does not answer queries")]
    Query(#[source] Error),
}

/// Asks the server for 1.
pub async fn ready(socket_dir: &Path) -> Result<(), NotReady> {
    timeout(DEADLINE, ask(socket_dir)).await.map_err(|_| NotReady::Deadline)?.map_err(NotReady::Query)
}

async fn ask(socket_dir: &Path) -> Result<(), Error> {
    let [first, second] = DATABASES;
    match ask_in(socket_dir, first).await {
        Err(error) if error.code() == Some(&SqlState::UNDEFINED_DATABASE) => ask_in(socket_dir, second).await,
        answer => answer,
    }
}

async fn ask_in(socket_dir: &Path, database: &str) -> Result<(), Error> {
    let mut config = Config::new();
    config
        .host_path(socket_dir)
        .port(PORT)
        .user(SUPERUSER)
        .dbname(database)
        .application_name("pgro-agent ready");
    let (client, connection) = config.connect(NoTls).await?;
    let asked = client.simple_query("SELECT 1");
    tokio::pin!(connection);
    tokio::select! {
        answer = asked => answer.map(|_| ()),
        ended = &mut connection => ended,
    }
}

#[cfg(test)]
mod tests {
    use super::{DEADLINE, NotReady, ready};
    use tokio::net::UnixListener;

    #[tokio::test]
    async fn no_server_is_not_ready() {
        let dir = tempfile::tempdir().unwrap();
        assert!(matches!(ready(dir.path()).await, Err(NotReady::Query(_))));
    }

    #[tokio::test]
    async fn a_server_that_says_nothing_is_not_waited_for_longer_than_the_probe() {
        let dir = tempfile::tempdir().unwrap();
        let _silent = UnixListener::bind(dir.path().join(".s.PGSQL.5432")).unwrap();
        tokio::time::pause();
        let started = tokio::time::Instant::now();
        assert!(matches!(ready(dir.path()).await, Err(NotReady::Deadline)));
        assert!(started.elapsed() >= DEADLINE && started.elapsed() < 2 * DEADLINE);
    }
}
