//! How much the operator costs: `just bench-operator [REPLICAS]`.
//!
//! The operator runs as a process of its own, as it is deployed, against an API server and a Canopy in this process,
//! over TCP. Printed is what was measured, beside the goal; the process fails where a goal is missed.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a benchmark fails by panicking")]

mod fleet;
mod lists;
mod lives;
mod process;
mod report;
mod world;

use fleet::Fleet;
use report::Report;
use std::time::Duration;

/// Replicas where no number is given.
const REPLICAS: usize = 10_000;

/// Longer than a sweep of all of them takes, short enough to measure some.
const INTERVAL: Duration = Duration::from_secs(5);

#[tokio::main]
async fn main() {
    rustls::crypto::ring::default_provider().install_default().expect("nobody else installs one");
    let replicas = std::env::args().find_map(|arg| arg.parse().ok()).unwrap_or(REPLICAS);
    let mut report = Report::default();
    let template = lives::measure(&mut report).await;
    fleet::measure(&mut report, &template, &Fleet { replicas, interval: INTERVAL }).await;
    println!("{}", report.to_table());
    assert!(report.is_met(), "a goal is missed");
}
