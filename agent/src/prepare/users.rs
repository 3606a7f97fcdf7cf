//! The two roles we add: one that may do everything, one that may read.
//!
//! Input: a superuser's sessions, two passwords. Output: roles with exactly our attributes, also where roles of these
//! names came with the data. Must not: put a password into a statement; the server only ever sees verifiers.

use super::session::{Access, Text};
use postgres_protocol::password::scram_sha_256;
use secrecy::{ExposeSecret, SecretString};
use tokio_postgres::{Client, Error};

/// May do everything.
pub const SUPERUSER: &str = "pgro_superuser";
/// May read everything.
pub const ANALYTICS: &str = "pgro_analytics";
/// From this version on, one membership grants reading everything, what is created later included.
const READ_ALL_SINCE: u16 = 14;

const ROLES: &str = include_str!("sql/roles.sql");
const MEMBERSHIPS: &str = include_str!("sql/memberships.sql");
const CONNECT: &str = include_str!("sql/connect.sql");
const READ_ALL: &str = include_str!("sql/read_all.sql");
const KEEP_OUT: &str = include_str!("sql/keep_out.sql");
const GUESTS: &str = include_str!("sql/guests.sql");
const READ_EACH: &str = include_str!("sql/read_each.sql");

/// Passwords of the roles.
pub struct Passwords<'a> {
    /// Of [`SUPERUSER`].
    pub superuser: &'a SecretString,
    /// Of [`ANALYTICS`].
    pub analytics: &'a SecretString,
}

/// Makes both roles and lets the second one read every database in `databases`.
pub(super) async fn make_users(
    access: &Access<'_>,
    first: &Client,
    databases: &[String],
    passwords: &Passwords<'_>,
) -> Result<(), Error> {
    let verifier = |password: &SecretString| scram_sha_256(password.expose_secret().as_bytes());
    for (role, attributes, password) in [
        (SUPERUSER, "SUPERUSER CONNECTION LIMIT -1", passwords.superuser),
        (ANALYTICS, "NOSUPERUSER CONNECTION LIMIT 50", passwords.analytics),
    ] {
        run_made(first, MEMBERSHIPS, &[&role]).await?;
        run_made(first, ROLES, &[&role, &attributes, &verifier(password)]).await?;
    }
    run_made(first, CONNECT, &[&ANALYTICS]).await?;
    if access.major >= READ_ALL_SINCE {
        return first.batch_execute(READ_ALL).await;
    }
    for database in databases {
        run_made(&access.connect(database).await?, READ_EACH, &[&ANALYTICS]).await?;
    }
    Ok(())
}

/// Takes from everybody what would let a guest write: that transactions are read-only is a setting, which anybody changes.
pub(super) async fn bind_guests(access: &Access<'_>, databases: &[String]) -> Result<(), Error> {
    for database in databases {
        run_made(&access.connect(database).await?, GUESTS, &[]).await?;
    }
    Ok(())
}

/// Takes a role that was let in for us out again, now that our own is there.
pub(super) async fn keep_out(first: &Client, role: &str) -> Result<(), Error> {
    run_made(first, KEEP_OUT, &[&role]).await
}

/// Runs the statements that `maker` returns: identifiers are quoted by the server, never here.
pub(super) async fn run_made(
    client: &Client,
    maker: &str,
    params: &[&(dyn tokio_postgres::types::ToSql + Sync)],
) -> Result<(), Error> {
    for row in client.query(maker, params).await? {
        match row.try_get(0)? {
            Text::Valid(statement) => client.batch_execute(&statement).await?,
            Text::Invalid(statement) => {
                tracing::warn!(statement, "a statement names what is in no encoding, and is left out");
            }
        }
    }
    Ok(())
}
