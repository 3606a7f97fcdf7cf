//! The client of Canopy against a strict Canopy, hostile ones, and the two ways to it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod answers;
mod calls;
mod carried;
mod clients;
mod device;
mod paced;
mod tailnet;
