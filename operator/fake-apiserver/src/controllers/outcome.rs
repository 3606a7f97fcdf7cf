//! What may befall a pod.

use crate::Object;
use serde_json::Value;
use std::collections::BTreeMap;

use super::status::{Containers, evicted, unplaced};

/// Termination messages of init containers, by name.
pub type Messages = BTreeMap<String, String>;

/// How far a pod comes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// No node takes it, for this reason.
    Unschedulable(String),
    /// It has a node, and a container that does not start.
    Waiting {
        /// Which.
        container: String,
        /// `ImagePullBackOff`, `CreateContainerConfigError`, …
        reason: String,
        /// More.
        message: String,
    },
    /// An init container runs.
    Initialising {
        /// Which.
        container: String,
    },
    /// Its main container runs; init containers are through.
    Running,
    /// Its main container runs and is ready; what init containers left is by name.
    Ready {
        /// What they left.
        messages: Messages,
    },
    /// A container has ended, and with it the pod, as far as its restart policy allows.
    Ended {
        /// Which.
        container: String,
        /// Exit code.
        exit_code: i32,
        /// `Completed`, `Error`, `OOMKilled`, …
        reason: String,
        /// Its termination message.
        message: String,
    },
    /// The main container ends again and again, after these init messages.
    CrashLoop {
        /// Restarts so far.
        restarts: i32,
        /// Exit code of each.
        exit_code: i32,
        /// What init containers left.
        messages: Messages,
    },
    /// The node threw it out, for this reason.
    Evicted(String),
    /// Nobody has heard of its node: it stays as it is, and a deletion of it is not heard of either.
    Lost,
}

impl Outcome {
    /// A container that ends well with this message.
    pub fn done(container: &str, message: impl Into<String>) -> Self {
        Self::failed(container, 0, "Completed", message)
    }

    /// A container that ends with this code, for this reason.
    pub fn failed(container: &str, exit_code: i32, reason: &str, message: impl Into<String>) -> Self {
        Self::Ended {
            container: container.to_owned(),
            exit_code,
            reason: reason.to_owned(),
            message: message.into(),
        }
    }

    /// The status of `pod` that this means; `None`: it stays as it is.
    pub(super) fn status(&self, pod: &Object) -> Option<Value> {
        let containers = Containers::of(pod);
        match self {
            Self::Unschedulable(why) => Some(unplaced(why)),
            Self::Waiting { container, reason, message } => {
                Some(containers.waiting(container, reason, message))
            }
            Self::Initialising { container } => Some(containers.initialising(container)),
            Self::Running => Some(containers.up(false, &Messages::new())),
            Self::Ready { messages } => Some(containers.up(true, messages)),
            Self::CrashLoop { restarts, exit_code, messages } => {
                Some(containers.crashing(*restarts, *exit_code, messages))
            }
            Self::Ended { container, exit_code, reason, message } => {
                Some(containers.ended(container, *exit_code, reason, message))
            }
            Self::Evicted(why) => Some(evicted(why)),
            Self::Lost => None,
        }
    }
}
