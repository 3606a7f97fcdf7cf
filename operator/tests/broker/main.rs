//! The broker over HTTP: who gets in, what they get, and what the others learn.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod api_server;
mod credentials;
mod logs;
mod progress;
mod stats;
mod world;
