//! Takes the steps of a plan, each as it says.
//!
//! Input: one [`Step`] with all its data. Output: what became of it. Must not: choose between steps, look at the
//! cluster to decide what to do, or let one step's failure keep another from being taken.
//!
//! # Too late by an hour
//! Each write looks at its [`Term`] just before it is sent, and what it relies on was read before that look. So a
//! process may stand still at one place only: between the look and the API server. Meanwhile another one leads, and
//! the write comes an hour late. What then happens:
//!
//! | write | refused, because | or else harmless, because |
//! |---|---|---|
//! | record | uid and version of the namespace are the ones it was decided on | – |
//! | deletion of a namespace | the same | – |
//! | Service and Secrets of guests | uid and version are the ones that were read, and before that the namespace was still the one whose record names the run | – |
//! | Secret of a run, network policies, `ServiceAccount`, `ConfigMap` | uid and version are the ones that were read | an unchanged one is written with what the leader of now would write, passwords being those it holds; one that says so already is not written |
//! | deletion of a run's object | its uid is the one that was read, and before the first of them the namespace was still the one whose record does not name the run | that record never names a finished run again: a run, once removed, stays so |
//! | deletion of a Job to go on with its restore | its uid is the one the decision was about | – |
//! | creation of what exists | its name is taken | – |
//! | creation of a namespace that was removed | | it is empty and wanted by nobody: an absent entry like any other, torn down by the guard |
//! | creation of a run's object after that run was removed, or its namespace made anew | | the record does not name the run, so the planner removes it as left over, and the cluster a Secret `repository-<run>`, whose owner is the claim; or names it again, and then it is the very object that is wanted |
//! | Job of a run whose volume PostgreSQL is serving | its name is taken: the Job stays as long as its run does | should somebody have deleted it, the agent refuses a volume that PostgreSQL was started on |
//! | event | | it tells of something that was so |
//! | report | Canopy knows its `run_id`, or that of the outcome after it, by `observed_at` | – |
//!
//! A namespace that was removed and made anew counts as another one throughout: its uid is.

mod cluster;
pub(crate) mod hindrance;
mod passwords;
mod restore;
mod serve;

pub use cluster::{Cluster, ClusterError};

use crate::{
    canopy::{CanopyApi, CanopyError},
    lead::{Late, Term},
    model::{Record, Trouble},
    plan::Step,
    resources::{self, Passwords, Place, Role, Site},
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
    /// As long as it is current, steps are taken.
    pub term: Term,
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
    /// This run cannot be begun, and trying the same again at once does not help.
    Hindered {
        /// Whose.
        namespace: NamespaceName,
        /// Which run.
        run: RunName,
        /// Why.
        trouble: Trouble,
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
    /// Canopy is told and asked by the leader alone.
    #[error("failed to {attempt}")]
    Late {
        /// What was attempted.
        attempt: &'static str,
        /// How far it came.
        source: Late,
    },
    /// A password the database was given is in none of our Secrets any more.
    #[error("failed to find the password of the {role} role in Secret {secret} or {}", role.secret())]
    Password {
        /// Where it was.
        secret: String,
        /// Whose.
        role: Role,
    },
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
        match taken.map_err(|_| ApplyError::Timeout { step: step.name() })? {
            Err(ApplyError::Cluster(ClusterError::Stale { .. })) => Ok(Applied::Stale),
            taken => taken.or_else(|error| hindrance::of(step, &error).ok_or(error)),
        }
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
            Step::StartSizing { order, run_id } => self.start_sizing(order, *run_id).await,
            Step::StartRestore { order, run_id } => self.start_restore(order, *run_id).await,
            Step::StartPostgres(order) => self.start_postgres(order).await,
            Step::Serve { order, owner } => self.serve(order, owner).await,
            Step::RemoveJob { namespace, run, job } => {
                self.cluster.remove_job(namespace, run, *job).await?;
                Ok(Applied::Done)
            }
            Step::RemoveRun { namespace, owner, run } => {
                Ok(self.cluster.remove_run(namespace, owner, run).await?)
            }
            Step::SendReport { namespace, owner, report, acknowledged, refused } => {
                let asked = self.asked("report to Canopy", self.canopy.report(report)).await?;
                let (record, applied) = match asked {
                    Ok(()) => (Record::clone(acknowledged), Applied::Done),
                    Err(error) if error.is_final() => {
                        let why = error.to_string();
                        (Record::clone(refused).refused_because(&why), Applied::Refused { why })
                    }
                    Err(error) => return Err(error.into()),
                };
                let written = self.cluster.write_record(namespace, owner, &record).await?;
                Ok(if written == Applied::Done { applied } else { written })
            }
            Step::DeleteNamespace { namespace, owner } => {
                Ok(self.cluster.delete_namespace(namespace, owner).await?)
            }
        }
    }

    /// A call to Canopy, unless another operator may lead by now.
    async fn asked<T>(&self, attempt: &'static str, call: impl Future<Output = T>) -> Result<T> {
        self.term.call(call).await.map_err(|source| ApplyError::Late { attempt, source })
    }
}

#[cfg(test)]
mod tests;
