//! Calls to the API server that came to nothing.

use crate::lead::Late;
use kube::{Error, core::Status};

/// A call to the API server that failed.
#[derive(Debug, thiserror::Error)]
pub enum ClusterError {
    /// It refused or did not answer.
    #[error("failed to {verb} {object}")]
    Call {
        /// What was attempted.
        verb: &'static str,
        /// On what.
        object: String,
        /// What the API server said.
        source: Box<Error>,
    },
    /// Another operator may lead by now.
    #[error("failed to {verb} {object}")]
    Late {
        /// What was attempted.
        verb: &'static str,
        /// On what.
        object: String,
        /// How far it came.
        source: Late,
    },
    /// The object is not what it was when it was read: nothing was done, the next look decides anew.
    #[error("failed to {verb} {object}: it has changed since it was read")]
    Stale {
        /// What was attempted.
        verb: &'static str,
        /// On what.
        object: String,
    },
    /// An object of that name exists and is somebody else's.
    #[error("failed to create {object}: it exists and {whose}; rename or delete it")]
    Foreign {
        /// Which.
        object: String,
        /// Whose it is, for people.
        whose: String,
    },
}

impl ClusterError {
    /// What the API server said, if it was the one that refused.
    pub(in crate::apply) fn status(&self) -> Option<&Status> {
        match self {
            Self::Call { source, .. } => match source.as_ref() {
                Error::Api(status) => Some(status),
                _ => None,
            },
            Self::Late { .. } | Self::Stale { .. } | Self::Foreign { .. } => None,
        }
    }

    /// Whether something else than what was read is there now, or nothing.
    pub(super) fn is_overtaken(&self) -> bool {
        self.status().is_some_and(|status| status.is_conflict() || status.is_not_found())
    }

    /// Whether an object of that name is there already.
    pub(super) fn is_taken(&self) -> bool {
        self.status().is_some_and(Status::is_already_exists)
    }
}
