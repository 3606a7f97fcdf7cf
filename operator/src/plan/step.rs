//! Steps: what is done to the cluster or told to Canopy, with everything the doing needs.

use crate::model::{
    Identity, JobId, Owner, PostgresOrder, Reason, Record, RestoreOrder, ServeOrder, SizingOrder,
};
use contract::{
    canopy::Verification,
    ids::{Intent, RunId},
    names::{NamespaceName, RunName},
};
use serde::Serialize;

/// One thing to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Make the namespace of a replica that has none.
    CreateNamespace {
        /// Its name.
        namespace: NamespaceName,
        /// Its labels.
        identity: Identity,
        /// Its annotations.
        record: Box<Record>,
    },
    /// Write the record; fails if the namespace has changed since it was read.
    WriteRecord {
        /// Which namespace.
        namespace: NamespaceName,
        /// The very object that was read.
        owner: Owner,
        /// What is remembered from now on.
        record: Box<Record>,
        /// What people are told of it.
        notice: Option<Notice>,
    },
    /// Ask the repository how large a snapshot is.
    StartSizing {
        /// What to build.
        order: SizingOrder,
        /// For whom credentials are asked.
        run_id: RunId,
    },
    /// Make what a restore needs and start it.
    StartRestore {
        /// What to build.
        order: RestoreOrder,
        /// For whom credentials are asked.
        run_id: RunId,
    },
    /// Bring PostgreSQL up on a restored volume.
    StartPostgres(PostgresOrder),
    /// Point Service and Secrets to a run, if the namespace is still what was read: its record may have come to name
    /// another one.
    Serve {
        /// What to point where.
        order: ServeOrder,
        /// The very object whose record names the run.
        owner: Owner,
    },
    /// Delete the restore Job of a run, if it is still that one.
    RemoveJob {
        /// Where.
        namespace: NamespaceName,
        /// Of which run.
        run: RunName,
        /// Which very one.
        job: JobId,
    },
    /// Delete a run's objects, if the namespace is still what was read: its record may have come to name the run.
    RemoveRun {
        /// Where.
        namespace: NamespaceName,
        /// The very object whose record does not name the run.
        owner: Owner,
        /// Which.
        run: RunName,
    },
    /// Tell Canopy an outcome; on its acknowledgement write `acknowledged`, on its refusal `refused` with its reason.
    SendReport {
        /// Where.
        namespace: NamespaceName,
        /// The very object the report was read from.
        owner: Owner,
        /// What to tell.
        report: Box<Verification>,
        /// The record without this report, acknowledged.
        acknowledged: Box<Record>,
        /// The record without this report, not acknowledged.
        refused: Box<Record>,
    },
    /// Delete the namespace, if it is still the one that was read.
    DeleteNamespace {
        /// Which.
        namespace: NamespaceName,
        /// The very object that was read.
        owner: Owner,
    },
}

/// What people are told of a change, as an event and in metrics.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "notice", rename_all = "snake_case")]
pub enum Notice {
    /// An attempt ended well.
    Verified {
        /// For what.
        intent: Intent,
        /// Which snapshot.
        snapshot: String,
    },
    /// An attempt ended badly.
    Failed {
        /// For what.
        intent: Intent,
        /// What went wrong, and by it who is to blame.
        reason: Reason,
        /// Why.
        message: String,
    },
    /// A restore was broken off and goes on where it was.
    Resumed {
        /// What broke it off.
        reason: Reason,
        /// In whose words.
        message: String,
    },
    /// A teardown has begun.
    TearingDown,
}

impl Step {
    /// The namespace it is about.
    pub fn namespace(&self) -> &NamespaceName {
        match self {
            Self::CreateNamespace { namespace, .. }
            | Self::WriteRecord { namespace, .. }
            | Self::RemoveJob { namespace, .. }
            | Self::RemoveRun { namespace, .. }
            | Self::SendReport { namespace, .. }
            | Self::DeleteNamespace { namespace, .. } => namespace,
            Self::StartSizing { order, .. } => &order.namespace,
            Self::StartRestore { order, .. } => &order.namespace,
            Self::StartPostgres(order) => &order.namespace,
            Self::Serve { order, .. } => &order.namespace,
        }
    }

    /// The run it is to bring on, where it is about one.
    pub fn run(&self) -> Option<&RunName> {
        match self {
            Self::StartSizing { order, .. } => Some(&order.run),
            Self::StartRestore { order, .. } => Some(&order.run),
            Self::StartPostgres(order) => Some(&order.run),
            Self::Serve { order, .. } => Some(&order.run),
            Self::CreateNamespace { .. }
            | Self::WriteRecord { .. }
            | Self::RemoveJob { .. }
            | Self::RemoveRun { .. }
            | Self::SendReport { .. }
            | Self::DeleteNamespace { .. } => None,
        }
    }

    /// Its name in logs, metrics and status.
    pub fn name(&self) -> &'static str {
        match self {
            Self::CreateNamespace { .. } => "create_namespace",
            Self::WriteRecord { .. } => "write_record",
            Self::StartSizing { .. } => "start_sizing",
            Self::StartRestore { .. } => "start_restore",
            Self::StartPostgres(_) => "start_postgres",
            Self::Serve { .. } => "serve",
            Self::RemoveJob { .. } => "remove_job",
            Self::RemoveRun { .. } => "remove_run",
            Self::SendReport { .. } => "send_report",
            Self::DeleteNamespace { .. } => "delete_namespace",
        }
    }

    /// Its place among the steps of a plan: what keeps guests served first, what frees before what takes.
    pub(super) fn rank(&self) -> u8 {
        match self {
            Self::Serve { .. } => 0,
            Self::WriteRecord { .. } => 1,
            Self::RemoveJob { .. } | Self::RemoveRun { .. } | Self::DeleteNamespace { .. } => 2,
            Self::StartPostgres(_) => 3,
            Self::StartSizing { .. } | Self::StartRestore { .. } => 4,
            Self::CreateNamespace { .. } => 5,
            Self::SendReport { .. } => 6,
        }
    }
}
