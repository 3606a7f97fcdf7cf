//! The planner's specification: a tiny model cluster, and sentences about what it does.

mod catching_up;
mod failures;
mod healing;
#[path = "../../tests/support/invariants.rs"]
mod invariants;
mod lifecycle;
mod outage;
mod refresh;
mod reports;
#[path = "../../tests/support/sim.rs"]
pub(crate) mod sim;
mod teardown;
