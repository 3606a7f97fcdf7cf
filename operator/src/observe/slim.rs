//! What is kept of each object: no more than decisions turn on.
//!
//! Whole objects would take some 36 KB each with their managed fields; ten thousand replicas have fifty thousand.

use crate::model::{JobId, JobPhase, PostgresPhase, Size, SizingPhase, Trouble};
use contract::{broker::TrafficStats, names::RunName, probes::Probes};
use jiff::Timestamp;

/// A volume claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Claim {
    /// Whether it is being deleted.
    pub(super) going: bool,
}

/// A restore or sizing Job, without its pods.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Job {
    pub(super) id: JobId,
    pub(super) created_at: Timestamp,
    pub(super) going: bool,
    pub(super) end: Option<End>,
    pub(super) traffic: Option<TrafficStats>,
    pub(super) size: Option<Size>,
    pub(super) probes: Option<Probes>,
}

/// How a Job ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum End {
    Complete(Option<Timestamp>),
    Failed(Box<str>),
}

/// What the Job controller says of a Job whose pod has failed.
const POD_FAILED: &str = "BackoffLimitExceeded";

impl End {
    /// Whether the Job ended since its pod did, and not since its time was over: then the pod is seen to end sooner or
    /// later, too. Jobs and pods are told of by different watches, and one may be behind.
    pub(super) fn follows_its_pod(&self) -> bool {
        match self {
            Self::Complete(_) => true,
            Self::Failed(why) => **why == *POD_FAILED,
        }
    }
}

/// A postgres Deployment, without its pods.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Deployment {
    pub(super) created_at: Timestamp,
    pub(super) going: bool,
    /// Why not even a pod was made.
    pub(super) failure: Option<Box<Trouble>>,
}

/// A pod of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pod {
    pub(super) run: RunName,
    pub(super) created_at: Timestamp,
    pub(super) going: bool,
    /// Whether a container of it may still run.
    pub(super) may_run: bool,
    pub(super) of: PodOf,
}

/// What a pod is for, and how far it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum PodOf {
    Sizing(SizingPod),
    Restore(RestorePod),
    Postgres(PostgresPhase),
}

/// How far a restore pod is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RestorePod {
    pub(super) started: bool,
    pub(super) waiting_for: Option<Box<Trouble>>,
    /// What the restore container itself said.
    pub(super) told: Option<Box<JobPhase>>,
    /// Why it ended, where the cluster says.
    pub(super) reason: Option<Box<Trouble>>,
}

impl RestorePod {
    /// Whether it is seen to have ended.
    pub(super) fn has_ended(&self) -> bool {
        self.told.is_some() || self.reason.is_some()
    }
}

/// How far a sizing pod is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SizingPod {
    pub(super) started: bool,
    pub(super) waiting_for: Option<Box<Trouble>>,
    /// What the sizing container itself said.
    pub(super) told: Option<Box<SizingPhase>>,
    /// Why it ended, where the cluster says.
    pub(super) reason: Option<Box<Trouble>>,
}

impl SizingPod {
    /// Whether it is seen to have ended.
    pub(super) fn has_ended(&self) -> bool {
        self.told.is_some() || self.reason.is_some()
    }
}

/// The stable Service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Service {
    /// The run its selector names.
    pub(super) run: Option<RunName>,
}
