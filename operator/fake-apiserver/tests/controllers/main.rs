//! What the actors make of a cluster, step by step.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod deployments;
mod garbage;
mod jobs;
mod namespaces;
mod order;
mod world;
