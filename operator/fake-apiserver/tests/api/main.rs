//! What the server answers, against what the real one answers.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod applying;
mod deleting;
mod faults;
mod forking;
mod listing;
mod strictness;
mod watching;
mod world;
mod writing;
