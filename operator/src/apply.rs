//! Takes the steps of a plan, each as it says.
//!
//! Input: one [`Step`] with all its data. Output: what became of it. Must not: choose between steps, look at the
//! cluster to decide what to do, or let one step's failure keep another from being taken.

mod cluster;
mod restore;
mod serve;

pub use cluster::{Cluster, ClusterError};

use crate::{
    canopy::{CanopyApi, CanopyError},
    plan::Step,
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
    /// Canopy does not take the report, and never will; that is written down.
    Refused {
        /// Canopy's words.
        why: String,
    },
}

/// A step, and what became of it.
pub type Taken = (Step, Result<Applied, ApplyError>);

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
            Step::WriteRecord { namespace, owner, record, notice: _ } => {
                Ok(self.cluster.write_record(namespace, owner, record).await?)
            }
            Step::StartRestore { order, run_id } => self.start_restore(order, *run_id).await,
            Step::StartPostgres(order) => self.start_postgres(order).await,
            Step::Serve(order) => self.serve(order).await,
            Step::RemoveRun { namespace, run } => {
                self.cluster.remove_run(namespace, run).await?;
                Ok(Applied::Done)
            }
            Step::SendReport { namespace, owner, report, acknowledged, refused } => {
                let (record, applied) = match self.canopy.report(report).await {
                    Ok(()) => (acknowledged, Applied::Done),
                    Err(error) if error.is_final() => (refused, Applied::Refused { why: error.to_string() }),
                    Err(error) => return Err(error.into()),
                };
                let written = self.cluster.write_record(namespace, owner, record).await?;
                Ok(if written == Applied::Done { applied } else { written })
            }
            Step::DeleteNamespace { namespace, owner } => {
                Ok(self.cluster.delete_namespace(namespace, owner).await?)
            }
        }
    }
}
