//! The planner's specification, run: each file under `operator/scenarios` is a rule, and what it says is decided.
//!
//! After each plan its steps are taken on a model of the cluster at the same instant, until it rests: the plan of an
//! applied plan is empty.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod cluster;
mod file;
mod files;
#[path = "../support/invariants.rs"]
mod invariants;
mod rules;
mod shown;
#[path = "../support/sim.rs"]
#[allow(dead_code, reason = "shared with tests that use more of it")]
mod sim;
mod wishes;
mod words;
