//! `pgro-agent prepare` and `ready` against real servers: sound, hostile and damaged copies of a running database.
//!
//! Needs the server programs of PostgreSQL in `PATH` or in Debian's place, of any version from 13 on:
//! `cargo test -p agent --features real-postgres`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod hostile;
mod probes;
mod sound;
#[expect(dead_code, reason = "shared with the table of detection, which uses the rest")]
mod source;
#[expect(dead_code, reason = "shared with the table of detection, which uses the rest")]
mod support;
