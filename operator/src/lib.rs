//! operator

pub mod args;
pub mod canopy;
pub mod clock;
pub mod metrics;
