//! Whole operators against a cluster, a Canopy, an S3 and pods in which a fifth of everything goes wrong, all of it
//! driven by one seed and by simulated time.
//!
//! A violation names its seed: `PGRO_SIM_SEED=<seed> cargo test -p operator --test simulation` replays it.
//! `PGRO_SIM_STEPS=<n>` makes the run longer, `PGRO_SIM_FROM=<seed>` begins it at another seed.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod calm;
mod canopy;
mod dice;
mod faults;
mod laws;
mod pods;
mod process;
mod replica;
mod reports;
mod sidecars;
mod storage;
mod storm;
mod truth;
mod universe;

#[path = "../support/rights.rs"]
mod granted;
#[path = "../support/keys.rs"]
mod keys;

use universe::{Figures, Universe};

/// Steps of one run of the tests, unless `PGRO_SIM_STEPS` says otherwise: calls to the API server and to Canopy,
/// actions of controllers and pods, and ticks of the clock.
const STEPS: u64 = 100_000;

fn setting(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name}={text:?} is no number")))
}

/// Seeds from `first` on, every other one, until half of the steps are done.
fn half(first: u64) {
    if let Some(seed) = setting("PGRO_SIM_SEED") {
        println!("seed {seed}: {}", Universe::run(seed));
        return;
    }
    let steps = setting("PGRO_SIM_STEPS").unwrap_or(STEPS) / 2;
    let from = 2 * (setting("PGRO_SIM_FROM").unwrap_or(0) / 2);
    let mut figures = Figures::default();
    for seed in (from + first..).step_by(2) {
        figures.add(&Universe::run(seed));
        if figures.steps >= steps {
            break;
        }
    }
    println!("{figures}");
    assert!(
        figures.verified > 0 && figures.deleted > 0 && figures.crashes > 0,
        "it shows nothing: {figures}"
    );
}

#[test]
fn fault_a14_whatever_goes_wrong_all_is_well_in_the_end_in_the_even_worlds() {
    half(0);
}

#[test]
fn fault_a11_whatever_goes_wrong_all_is_well_in_the_end_in_the_odd_worlds() {
    half(1);
}

#[test]
fn the_same_seed_makes_the_same_world() {
    let seventh = Universe::run(7).digest;
    assert_eq!(seventh, Universe::run(7).digest);
    assert_ne!(seventh, Universe::run(8).digest);
}
