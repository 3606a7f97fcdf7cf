//! What the operator is told at its start: flags and environment in, typed [`Settings`] out.
//!
//! Every variable stands once, in the [`variables`] table, with its flag, its default and its help; both ways of
//! setting it share one parser. Must not: guess at a value that does not parse (exit code 64), or say a word about
//! Canopy where `CANOPY_BASE_URL` is not set.

mod command;
mod settings;
mod values;
pub mod variables;

pub use command::{Refusal, read};
pub use settings::{
    CanopySettings, Home, LeaseTimes, Listen, ReplicaSettings, RunLimits, S3Settings, Settings, SidecarImage,
    TeardownGuard,
};
pub use values::{BaseUrl, ImageRef, ObjectName, PostgresImages, ProxyUrl, Revision, StorageSize};

#[cfg(test)]
mod tests;
