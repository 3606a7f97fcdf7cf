//! What our pods are told (environment) and what they answer (termination messages).
//!
//! Input and output: `to_env`/`from_env` pairs without secrets, and JSON documents of at most 4 KiB.
//! Must not: carry a secret, or grow beyond what kubelet keeps of a termination message.

mod data_dir;
mod failure;
mod prepare_report;
mod prepare_spec;
mod proxy_spec;
mod relay_spec;
mod restore_result;
mod restore_spec;
mod row_counts;
mod sizing_result;
mod snapshot_spec;
mod termination;

pub use data_dir::DataDir;
pub use failure::{Failure, FailureReason, OUTAGE_MESSAGE};
pub use prepare_report::{Check, CheckName, CheckResult, Fix, MANDATORY_CHECKS, PrepareReport};
pub use prepare_spec::PrepareSpec;
pub use proxy_spec::ProxySpec;
pub use relay_spec::RelaySpec;
pub use restore_result::{RestoreResult, Restored};
pub use restore_spec::RestoreSpec;
pub use row_counts::RowCounts;
pub use sizing_result::{SizingResult, SnapshotSize};
pub use snapshot_spec::SnapshotSpec;
pub use termination::{TERMINATION_MESSAGE_MAX, TerminationDocument, UnreadableDocument};

#[cfg(test)]
mod tests;
