//! A thousand worklist histories no Canopy should ever have: whatever it answers, nothing that is wanted is torn
//! down, and what is truly gone goes within the documented bound.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod answers;
mod fleet;
mod history;
#[path = "../support/invariants.rs"]
mod invariants;
#[path = "../support/sim.rs"]
#[allow(dead_code, reason = "shared with tests that use more of it")]
mod sim;
mod weather;

use history::{Figures, History};

const HISTORIES: u64 = 1000;

/// Every seed from `first` on, a quarter of all.
fn quarter(first: u64) {
    let mut figures = Figures::default();
    for seed in (first..HISTORIES).step_by(4) {
        figures.add(&History::run(seed));
    }
    println!("{figures}");
    assert!(figures.deletions > 100 && figures.hostile > 1000, "the histories show nothing: {figures}");
}

#[test]
fn fault_b6_hostile_histories_delete_nothing_that_is_wanted_first_quarter() {
    quarter(0);
}

#[test]
fn fault_b7_hostile_histories_delete_nothing_that_is_wanted_second_quarter() {
    quarter(1);
}

#[test]
fn fault_b8_hostile_histories_delete_nothing_that_is_wanted_third_quarter() {
    quarter(2);
}

#[test]
fn fault_b9_hostile_histories_delete_nothing_that_is_wanted_last_quarter() {
    quarter(3);
}

#[test]
fn the_same_seed_makes_the_same_history() {
    assert_eq!(History::run(42), History::run(42));
    assert_ne!(History::run(42), History::run(43));
}
