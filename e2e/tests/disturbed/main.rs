//! What holds while everyone suffers: Canopy failing as a whole, the operator killed. These tests have the cluster to
//! themselves, and run side by side.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod canopy;
mod killed;

use tokio::sync::RwLock;

/// Held by those who still have the operator to kill: a killed operator forgets absences, and must not make the faults
/// of Canopy easier to bear.
static STILL_TO_KILL: RwLock<()> = RwLock::const_new(());
