//! What the cluster shows of one run: its restore Job and its postgres Deployment.

use super::{Size, Trouble};
use contract::{
    broker::TrafficStats,
    pods::{PrepareReport, Restored, SnapshotSize},
    probes::Probes,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use uuid::Uuid;

/// The objects of one run, as far as they exist.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own, told by other objects")]
pub struct Run {
    /// Whether its volume exists.
    pub volume: bool,
    /// Whether a restore pod of it may still write to the volume, whatever became of its Job.
    pub writing: bool,
    /// Whether a server may still run on the volume although its Deployment is gone.
    pub outlived: bool,
    /// Its sizing Job, until the cluster removes that.
    pub sizing: Option<SizingSeen>,
    /// Its restore Job.
    pub job: Option<JobSeen>,
    /// Its postgres Deployment.
    pub postgres: Option<PostgresSeen>,
    /// Whether all of it that is left is being deleted already.
    pub going: bool,
}

impl Run {
    /// Whether a restore pod of it may write to its volume, now or as soon as it starts.
    pub fn may_write(&self) -> bool {
        let job = self.job.as_ref().map(|job| &job.phase);
        self.writing || matches!(job, Some(JobPhase::Starting { .. } | JobPhase::Running))
    }
}

/// One very Job: what is made anew under its name has another.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct JobId(Uuid);

impl JobId {
    /// Of the object with this UID, in a third of the room.
    pub fn of(uid: &str) -> Self {
        Self(Uuid::new_v5(&Uuid::NAMESPACE_OID, uid.as_bytes()))
    }
}

/// A restore Job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobSeen {
    /// Which.
    pub id: JobId,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ended well.
    pub ended_at: Option<Timestamp>,
    /// How far it is.
    pub phase: JobPhase,
    /// What its proxy counted, once it has told.
    pub traffic: Option<TrafficStats>,
    /// How large the snapshot is, where that was known when it was made.
    pub size: Option<Size>,
    /// What the declaration asked of its data when it was made; none: that does not read.
    pub probes: Option<Probes>,
}

impl JobSeen {
    /// How much there is to recover and check: what was restored, or is to be.
    pub fn restored_size(&self) -> Option<Size> {
        match &self.phase {
            JobPhase::Restored(restored) => Some(Size { bytes: restored.bytes, files: restored.files }),
            _ => self.size,
        }
    }
}

/// A Job that asks for the size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SizingSeen {
    /// When it was made.
    pub created_at: Timestamp,
    /// How far it is.
    pub phase: SizingPhase,
}

/// How far a sizing is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SizingPhase {
    /// No container of it runs yet; the cluster's own reason where it gives one.
    Starting {
        /// Such as `ImagePullBackOff` or `0/3 nodes…`.
        waiting_for: Option<Trouble>,
    },
    /// It asks.
    Running,
    /// The repository said this.
    Sized(SnapshotSize),
    /// The pod itself told why it failed.
    Failed(contract::pods::Failure),
    /// It ended without telling why; the cluster's own reason.
    Lost(Trouble),
}

/// How far a restore is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JobPhase {
    /// No container of it runs yet; the cluster's own reason where it gives one.
    Starting {
        /// Such as `ImagePullBackOff` or `0/3 nodes…`.
        waiting_for: Option<Trouble>,
    },
    /// It runs.
    Running,
    /// It ended well and left this.
    Restored(Restored),
    /// The pod itself told why it failed.
    Failed(contract::pods::Failure),
    /// It ended without telling why; the cluster's own reason, such as `OOMKilled`.
    Lost(Trouble),
}

/// A postgres Deployment and the newest pod of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostgresSeen {
    /// When it was made.
    pub created_at: Timestamp,
    /// How far it is.
    pub phase: PostgresPhase,
}

/// How far a database is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PostgresPhase {
    /// No container of it runs yet; the cluster's own reason where it gives one.
    Starting {
        /// Such as `ImagePullBackOff` or `0/3 nodes…`.
        waiting_for: Option<Trouble>,
    },
    /// Being recovered, repaired and checked, or prepared and not yet answering.
    Preparing,
    /// Prepared, checked, and answering.
    Ready(Arc<PrepareReport>),
    /// `prepare` said no; its report where it left one.
    Failed {
        /// What it found.
        report: Option<Arc<PrepareReport>>,
        /// Why.
        trouble: Trouble,
    },
}
