//! operator

pub mod args;
pub mod canopy;
pub mod clock;
pub mod metrics;
pub mod model;
pub mod plan;
pub mod resources;
