//! Every type that crosses a process boundary of pgro, and the names other programs rely on.
//!
//! Input: JSON bodies, environment variables, termination messages, object metadata.
//! Output: typed values that cannot hold nonsense, and the same texts again.
//! Must not: do I/O, ask the clock, or know tokio and kube.

pub mod broker;
pub mod canopy;
pub mod env;
pub mod ids;
pub mod names;
pub mod pods;
pub mod probes;
pub mod secret;
