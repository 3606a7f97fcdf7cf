//! Logs on stderr: JSON for machines, readable on a terminal.
//!
//! Input: `RUST_LOG`, and whether stderr is a terminal. Output: a global subscriber. Must not: be used by a library.

use std::io::{self, IsTerminal as _};
use tracing_subscriber::{EnvFilter, filter::LevelFilter};

/// Starts logging for this process.
pub fn start() {
    let filter = EnvFilter::builder().with_default_directive(LevelFilter::INFO.into()).from_env_lossy();
    let logs = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr);
    if io::stderr().is_terminal() { logs.init() } else { logs.json().flatten_event(true).init() }
}
