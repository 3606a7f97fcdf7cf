//! `pgro-agent prepare` and `ready` against real servers: sound, hostile and damaged copies of a running database.
//!
//! Needs the server programs of PostgreSQL in `PATH` or in Debian's place, of any version from 13 on:
//! `cargo test -p agent --features real-postgres`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod damage;
mod hostile;
mod sound;
mod source;
mod support;
