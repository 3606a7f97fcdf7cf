//! What a test knows of one declared replica, and how it waits for it.

use anyhow::{Context, Result, ensure};
use contract::canopy::{Outcome, Verification, WorklistEntry};
use contract::names::{annotations, namespace_name};
use k8s_openapi::api::core::v1::Pod;

use super::World;
use crate::client::{Access, Queried, query};
use crate::kubernetes;
use crate::timeouts::{Deadline, PROVISIONED, REPORTED, TORN_DOWN};
use crate::wait::{Look, until};

/// The newest `psql` speaks to every server.
const PSQL: u8 = 17;

/// A replica that was declared.
pub struct Replica<'w> {
    pub(super) world: &'w World,
    /// How it stands on the worklist.
    pub entry: WorklistEntry,
    /// Where it lives.
    pub namespace: String,
}

impl<'w> Replica<'w> {
    pub(super) fn new(world: &'w World, entry: WorklistEntry) -> Self {
        let namespace = namespace_name(&entry.name, entry.key()).to_string();
        Self { world, entry, namespace }
    }

    /// Takes the entry off the worklist.
    pub async fn withdraw(&self) -> Result<()> {
        Ok(self.world.canopy.remove_entry(self.entry.replica_id, Some(self.entry.server_id)).await?)
    }

    /// Takes the entry off the worklist and releases it, as a person would who waits for nothing.
    pub async fn let_go(&self) -> Result<()> {
        self.withdraw().await?;
        self.world.tear_down(&self.namespace).await
    }

    /// Changes the entry on the worklist.
    pub async fn change(&mut self, change: impl FnOnce(&mut WorklistEntry)) -> Result<()> {
        change(&mut self.entry);
        self.world.put(self.entry.clone()).await.map(drop)
    }

    /// Its record.
    pub async fn annotation(&self, key: &str) -> Result<Option<String>> {
        kubernetes::annotation(&self.world.client, &self.namespace, key).await
    }

    /// Waits until its record says that state.
    pub async fn reaches(&self, state: &str, deadline: Deadline) -> Result<()> {
        until(deadline, || async {
            let record = kubernetes::annotations(&self.world.client, &self.namespace).await?;
            let found = record.get(annotations::RESTORE_STATE).is_some_and(|found| found == state);
            Ok(Look::some(found.then_some(()), format!("{record:?}")))
        })
        .await
        .with_context(|| format!("{} did not become {state}", self.namespace))
    }

    /// Waits until its namespace is there, and returns the UID of that.
    pub async fn provisioned(&self) -> Result<String> {
        until(PROVISIONED, || async { Ok(Look::some(self.uid().await?, "no such namespace")) }).await
    }

    /// UID of its namespace, unless that is not there or on its way out.
    pub async fn uid(&self) -> Result<Option<String>> {
        let found = kubernetes::namespace(&self.world.client, &self.namespace).await?;
        Ok(found
            .filter(|found| found.metadata.deletion_timestamp.is_none())
            .and_then(|found| found.metadata.uid))
    }

    /// Waits until its namespace is gone.
    pub async fn is_gone(&self) -> Result<()> {
        until(TORN_DOWN, || async {
            let found = kubernetes::namespace(&self.world.client, &self.namespace).await?;
            let seen =
                format!("{:?}", found.as_ref().map(|found| (&found.metadata.annotations, &found.status)));
            Ok(Look::some(found.is_none().then_some(()), seen))
        })
        .await
        .with_context(|| format!("{} was not torn down", self.namespace))
    }

    /// The next report that Canopy accepted and nobody has looked at yet.
    pub async fn report(&self) -> Result<Verification> {
        self.report_within(REPORTED).await
    }

    /// As [`Self::report`], for a restore that takes its time.
    pub async fn report_within(&self, deadline: Deadline) -> Result<Verification> {
        let key = self.entry.key();
        let seen = self.world.state().read.get(&key).copied().unwrap_or(0);
        let report = until(deadline, || async {
            let report = self.world.canopy.ledger().await?.accepted_reports(key).into_iter().nth(seen);
            let record = kubernetes::annotations(&self.world.client, &self.namespace).await?;
            Ok(Look::some(report, format!("{record:?}")))
        })
        .await?;
        *self.world.state().read.entry(key).or_default() += 1;
        Ok(report)
    }

    /// The next report, which has to tell of success.
    pub async fn success(&self) -> Result<Verification> {
        let report = self.report().await?;
        ensure!(report.outcome == Outcome::Success, "a failure was reported: {report:?}");
        Ok(report)
    }

    /// The next report, whatever it tells; after a failure more of them may come, unread.
    pub async fn verdict(&self, deadline: Deadline) -> Result<Verification> {
        let report = self.report_within(deadline).await?;
        if report.outcome == Outcome::Failure {
            self.world.state().failing.insert(self.entry.key());
        }
        Ok(report)
    }

    /// The next report, which has to tell of failure; returns why. More of them may come, unread.
    pub async fn failure(&self) -> Result<String> {
        let report = self.verdict(REPORTED).await?;
        ensure!(
            report.outcome == Outcome::Failure && !report.replica_healthy,
            "no failure was reported: {report:?}"
        );
        report.error.context("a failure was reported without a reason")
    }

    /// Answers to SQL through the Service, as the holder of a Secret would get them.
    pub async fn query(&self, access: Access, sql: &str) -> Result<Queried> {
        let image = self.world.harness.images.postgres(PSQL);
        query(&self.world.client, &self.namespace, &image, access, sql).await
    }

    /// Pods of its namespace with the labels of `selector`.
    pub async fn pods(&self, selector: &str) -> Result<Vec<Pod>> {
        kubernetes::pods(&self.world.client, &self.namespace, selector).await
    }
}
