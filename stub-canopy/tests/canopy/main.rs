//! Section 7 of the contract, sentence by sentence, against a real server over real connections.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod binary;
mod control;
mod credentials;
mod faults;
mod in_process;
mod ledger;
mod leftovers;
mod strictness;
mod tls;
mod verification;
mod worklist;
mod world;
