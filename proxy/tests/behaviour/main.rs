//! The proxy between a fake S3 that verifies signatures and a fake broker, all on loopback.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod absorb;
mod ahead;
mod back_pressure;
mod corpora;
mod hostile;
mod lifecycle;
mod outage;
mod process;
mod resume;
mod signatures;
mod support;
mod tls;
mod upstream;
mod verbatim;
