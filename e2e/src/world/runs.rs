//! The objects of a replica's runs: how many, how far, how they ended.

use anyhow::{Context, Result};
use contract::names::objects::containers::{PREPARE, RESTORE};
use contract::names::{annotations, labels};
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::{ContainerState, ContainerStatus, PersistentVolumeClaim, Pod};
use kube::api::{ListParams, LogParams};
use kube::{Api, ResourceExt};

use super::{Replica, World};
use crate::timeouts::Deadline;
use crate::wait::{Look, until};

/// How many objects there are of a replica's runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Runs {
    /// Volumes.
    pub volumes: usize,
    /// Restore Jobs.
    pub jobs: usize,
    /// Deployments of PostgreSQL.
    pub deployments: usize,
}

impl Runs {
    /// Whether nothing was begun.
    pub fn is_empty(self) -> bool {
        self == Self::default()
    }
}

/// A moment in the life of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// The namespace is there.
    NamespaceMade,
    /// The volume is there.
    VolumeMade,
    /// The restore Job is there.
    JobMade,
    /// kopia runs.
    Restoring,
    /// The Job has ended.
    JobEnded,
    /// The database recovers and is checked.
    Preparing,
    /// PostgreSQL is ready.
    Ready,
}

/// A restore that has ended.
#[derive(Clone, Debug)]
pub struct Restore {
    /// How long kopia's container ran.
    pub seconds: i64,
    /// What it said.
    pub log: String,
}

impl Replica<'_> {
    /// What there is of its runs.
    pub async fn runs(&self) -> Result<Runs> {
        let client = &self.world.client;
        let all = ListParams::default();
        let volumes =
            Api::<PersistentVolumeClaim>::namespaced(client.clone(), &self.namespace).list(&all).await?;
        let jobs = self.jobs().await?;
        let deployments = Api::<Deployment>::namespaced(client.clone(), &self.namespace).list(&all).await?;
        Ok(Runs { volumes: volumes.items.len(), jobs: jobs.len(), deployments: deployments.items.len() })
    }

    /// Those that restore.
    async fn jobs(&self) -> Result<Vec<Job>> {
        self.jobs_of("restore-").await
    }

    async fn jobs_of(&self, prefix: &str) -> Result<Vec<Job>> {
        let api = Api::<Job>::namespaced(self.world.client.clone(), &self.namespace);
        let mut jobs = api.list(&ListParams::default()).await?.items;
        jobs.retain(|job| job.name_any().starts_with(prefix));
        Ok(jobs)
    }

    /// Jobs that asked the repository how large a snapshot is, as far as they are still there.
    pub async fn sizing_jobs(&self) -> Result<usize> {
        Ok(self.jobs_of("sizing-").await?.len())
    }

    /// What was asked for of each volume.
    pub async fn volume_sizes(&self) -> Result<Vec<String>> {
        let api = Api::<PersistentVolumeClaim>::namespaced(self.world.client.clone(), &self.namespace);
        let requests = |claim: PersistentVolumeClaim| claim.spec?.resources?.requests?.remove("storage");
        let claims = api.list(&ListParams::default()).await?.items.into_iter();
        Ok(claims.filter_map(requests).map(|quantity| quantity.0).collect())
    }

    /// Containers of its namespace that were restarted, by pod and name.
    pub async fn restarted(&self) -> Result<Vec<String>> {
        let pods = self.pods("").await?;
        let restarted = pods.iter().flat_map(|pod| {
            let again = statuses(pod).filter(|status| status.restart_count > 0);
            again.map(|status| format!("{}/{}", pod.name_any(), status.name))
        });
        Ok(restarted.collect())
    }

    /// Waits until a run has come that far; one that is beyond it is fine.
    pub async fn at(&self, moment: Moment, deadline: Deadline) -> Result<()> {
        until(deadline, || async {
            let reached = self.has_reached(moment).await?;
            Ok(Look::some(reached.then_some(()), format!("{moment:?} not reached; {:?}", self.runs().await?)))
        })
        .await
    }

    async fn has_reached(&self, moment: Moment) -> Result<bool> {
        let began =
            |pods: &[Pod], name: &str| pods.iter().any(|pod| state_of(pod, name).is_some_and(has_begun));
        Ok(match moment {
            Moment::NamespaceMade => self.uid().await?.is_some(),
            Moment::VolumeMade => self.runs().await?.volumes > 0,
            Moment::JobMade => self.runs().await?.jobs > 0,
            Moment::Restoring => began(&self.pods("").await?, RESTORE),
            Moment::JobEnded => {
                let ended = |job: &Job| job.status.as_ref().is_some_and(|status| status.succeeded > Some(0));
                self.jobs().await?.iter().any(ended)
            }
            Moment::Preparing => began(&self.pods("").await?, PREPARE),
            Moment::Ready => {
                self.pods("").await?.iter().flat_map(statuses).any(|status| {
                    status.name == contract::names::objects::containers::POSTGRES && status.ready
                })
            }
        })
    }

    /// The pod that restores, once its proxy may be asking for credentials.
    pub async fn restore_pod(&self) -> Result<Pod> {
        let found = self.pods(&format!("{}=true", labels::PROXY_SIDECAR)).await?;
        found.into_iter().next().context("there is no restore pod")
    }

    /// Waits until the restore has ended, and returns how it went.
    pub async fn watch_restore(&self, deadline: Deadline) -> Result<Restore> {
        until(deadline, || async {
            let pods = self.pods("").await?;
            let Some((pod, state)) = pods.iter().find_map(|pod| Some((pod, state_of(pod, RESTORE)?))) else {
                let record = self.annotation(annotations::RESTORE_STATE).await?;
                return Ok(Look::NotYet(format!("no restore pod; the replica is {record:?}")));
            };
            let Some(ended) = &state.terminated else { return Ok(Look::NotYet(format!("{state:?}"))) };
            let (began, ended) = (ended.started_at.clone(), ended.finished_at.clone());
            let (began, ended) = (began.context("no start")?.0, ended.context("no end")?.0);
            let params = LogParams { container: Some(RESTORE.into()), ..LogParams::default() };
            let api = Api::<Pod>::namespaced(self.world.client.clone(), &self.namespace);
            let log = api.logs(&pod.name_any(), &params).await?;
            Ok(Look::Done(Restore { seconds: ended.duration_since(began).as_secs(), log }))
        })
        .await
    }
}

impl World {
    /// Waits until the operator has asked for the worklist so many times more.
    pub async fn polls(&self, times: u64) -> Result<()> {
        let goal = self.canopy.ledger().await?.worklist_polls + times;
        until(crate::timeouts::POLLED, || async {
            let polls = self.canopy.ledger().await?.worklist_polls;
            Ok(Look::some((polls >= goal).then_some(()), format!("{polls} polls of {goal}")))
        })
        .await
    }
}

fn statuses(pod: &Pod) -> impl Iterator<Item = &ContainerStatus> {
    let status = pod.status.as_ref();
    let inits = status.and_then(|status| status.init_container_statuses.as_ref());
    let mains = status.and_then(|status| status.container_statuses.as_ref());
    inits.into_iter().chain(mains).flatten()
}

fn state_of<'p>(pod: &'p Pod, container: &str) -> Option<&'p ContainerState> {
    statuses(pod).find(|status| status.name == container)?.state.as_ref()
}

fn has_begun(state: &ContainerState) -> bool {
    state.running.is_some() || state.terminated.is_some()
}

#[cfg(test)]
mod tests {
    use k8s_openapi::api::core::v1::{ContainerStateRunning, PodStatus};

    use super::*;

    #[test]
    fn an_init_container_that_runs_has_begun_and_a_waiting_one_has_not() {
        let status =
            |name: &str, state| ContainerStatus { name: name.into(), state, ..ContainerStatus::default() };
        let running =
            ContainerState { running: Some(ContainerStateRunning::default()), ..ContainerState::default() };
        let pod = Pod {
            status: Some(PodStatus {
                init_container_statuses: Some(vec![status(PREPARE, Some(running))]),
                container_statuses: Some(vec![status("postgres", Some(ContainerState::default()))]),
                ..PodStatus::default()
            }),
            ..Pod::default()
        };
        assert!(state_of(&pod, PREPARE).is_some_and(has_begun));
        assert!(!state_of(&pod, "postgres").is_some_and(has_begun));
        assert!(state_of(&pod, "absent").is_none());
    }
}
