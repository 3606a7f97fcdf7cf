//! operator

pub mod admin;
pub mod args;
pub mod broker;
pub mod canopy;
pub mod clock;
pub mod logging;
pub mod metrics;
pub mod model;
pub mod plan;
pub mod resources;
pub mod serve;
