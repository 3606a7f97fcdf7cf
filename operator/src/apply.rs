//! Takes the steps of a plan, each as it says.
//!
//! Input: one [`Step`] with all its data. Output: what became of it. Must not: choose between steps, look at the
//! cluster to decide what to do, or let one step's failure keep another from being taken.

mod cluster;
mod events;
mod restore;
mod serve;

pub use cluster::{Cluster, ClusterError};
pub use events::Events;

use crate::{
    canopy::{CanopyApi, CanopyError},
    metrics::Metrics,
    plan::{Notice, Step},
    resources::{self, Passwords, Place, Site},
};
use contract::names::{NamespaceName, RunName};
use std::{sync::Arc, time::Duration};

/// Longest one step may take: a few calls to the API server, one to Canopy.
const DEADLINE: Duration = Duration::from_mins(1);

/// Makes fresh random passwords; a parameter, so that tests know them.
pub type NewPasswords = Arc<dyn Fn() -> Passwords + Send + Sync>;

/// What taking steps needs.
#[derive(Clone)]
pub struct Applier {
    /// The cluster.
    pub cluster: Cluster,
    /// Canopy.
    pub canopy: Arc<dyn CanopyApi>,
    /// What goes into objects.
    pub site: Arc<Site>,
    /// Where people are told.
    pub events: Events,
    /// Where machines are told.
    pub metrics: Metrics,
    /// Passwords for a replica that has none.
    pub new_passwords: NewPasswords,
}

/// What became of a step that did not fail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Applied {
    /// It is done.
    Done,
    /// The object has changed since it was read: nothing was done, the next look decides anew.
    Stale,
    /// Canopy grants no credentials for this run; what it said.
    Denied {
        /// Whose.
        namespace: NamespaceName,
        /// Which run.
        run: RunName,
        /// Canopy's words.
        why: String,
    },
}

/// A step that failed; the next look decides anew.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// The API server.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    /// Canopy.
    #[error(transparent)]
    Canopy(#[from] CanopyError),
    /// A Secret of ours does not hold what we wrote.
    #[error("failed to take the password from Secret {0}; restore it or delete the namespace")]
    Password(&'static str),
    /// It took too long.
    #[error("failed to take step {step} within {} s", DEADLINE.as_secs())]
    Timeout {
        /// Which.
        step: &'static str,
    },
}

type Result<T, E = ApplyError> = std::result::Result<T, E>;

impl Applier {
    /// Takes one step within a deadline.
    pub async fn take(&self, step: &Step) -> Result<Applied> {
        let taken = tokio::time::timeout(DEADLINE, self.dispatch(step)).await;
        taken.map_err(|_| ApplyError::Timeout { step: step.name() })?
    }

    async fn dispatch(&self, step: &Step) -> Result<Applied> {
        match step {
            Step::CreateNamespace { namespace, identity, record } => {
                let place = Place { namespace, identity };
                let object = resources::namespace(&self.site, place, &record.to_annotations());
                self.cluster.create_namespace(&object).await?;
                Ok(Applied::Done)
            }
            Step::WriteRecord { namespace, owner, record, notice } => {
                let written = self.cluster.write_record(namespace, owner, record).await?;
                if let (Applied::Done, Some(notice)) = (&written, notice) {
                    self.tell(namespace, notice).await;
                }
                Ok(written)
            }
            Step::StartRestore { order, run_id } => self.start_restore(order, *run_id).await,
            Step::StartPostgres(order) => self.start_postgres(order).await,
            Step::Serve(order) => self.serve(order).await,
            Step::RemoveRun { namespace, run } => {
                self.cluster.remove_run(namespace, run).await?;
                Ok(Applied::Done)
            }
            Step::SendReport { namespace, owner, report, acknowledged, refused } => {
                let record = match self.canopy.report(report).await {
                    Ok(()) => acknowledged,
                    Err(error) if error.is_final() => {
                        tracing::error!(replica.namespace = %namespace, %error, "the report is given up");
                        refused
                    }
                    Err(error) => return Err(error.into()),
                };
                Ok(self.cluster.write_record(namespace, owner, record).await?)
            }
            Step::DeleteNamespace { namespace, owner } => {
                Ok(self.cluster.delete_namespace(namespace, owner).await?)
            }
        }
    }

    async fn tell(&self, namespace: &NamespaceName, notice: &Notice) {
        match notice {
            Notice::Verified { intent, .. } => self.metrics.restore_run(*intent, "success", "none"),
            Notice::Failed { intent, class, .. } => {
                self.metrics.restore_run(*intent, "failure", class.as_str());
            }
            Notice::TearingDown => {}
        }
        self.events.publish(namespace, notice).await;
    }
}
