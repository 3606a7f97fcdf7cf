//! What a user may rely on, shown on a real cluster: each test a rule, each in a world of its own, side by side.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod broker;
mod declared;
mod failing;
mod refreshed;
mod reported;
mod rotation;
mod secrets;
mod served;
mod sized;
