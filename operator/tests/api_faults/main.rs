//! The operator over an API server, a Canopy and pods that fail it in every way the table of faults names.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod answers;
mod canopy;
mod clock;
mod crash;
mod namespaces;
mod pods;
mod rights;
mod upgrade;
mod views;
mod world;

#[path = "../support/rights.rs"]
mod granted;
#[path = "../support/keys.rs"]
mod keys;
