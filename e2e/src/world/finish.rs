//! The end of a world: looked over while it stands, put away, and looked for.

use std::collections::BTreeMap;

use anyhow::{Result, bail, ensure};
use contract::names::annotations::RELEASE_TEARDOWN;

use super::World;
use super::ledger::{View, complaints};
use crate::harness::Manners;
use crate::timeouts::TORN_DOWN;
use crate::wait::{Look, until};
use crate::{clock, kubernetes, leaks};

impl World {
    /// What must hold at the end of every test, whatever it was about.
    pub(super) async fn look_over(&self) -> Result<()> {
        let ledger = self.canopy.ledger().await?;
        let read = self.expected_reports();
        let view = View { group: self.group, began: self.began, manners: self.manners, read: &read };
        let mut found = complaints(&ledger, &view);
        found.extend(leaks::search(self).await?.into_iter().map(|leak| leak.to_string()));
        ensure!(found.is_empty(), "after the test:\n- {}", found.join("\n- "));
        Ok(())
    }

    fn expected_reports(&self) -> BTreeMap<contract::ids::ReplicaKey, usize> {
        let state = self.state();
        let counted = state.declared.keys().filter(|key| !state.failing.contains(key));
        counted.map(|key| (*key, state.read.get(key).copied().unwrap_or(0))).collect()
    }

    /// Withdraws everything, releases it as a person would, waits until it is gone, and empties the bucket.
    pub(super) async fn put_away(&self) -> Result<()> {
        let declared: Vec<_> = self.state().declared.keys().copied().collect();
        for key in declared {
            // What the test has withdrawn itself is not there any more.
            let _ = self.canopy.remove_entry(key.replica_id, Some(key.server_id)).await;
        }
        for namespace in self.namespaces() {
            self.tear_down(&namespace).await?;
        }
        self.bucket.remove().await?;
        self.operator_is_unharmed().await
    }

    /// A release counts if it is not older than the absence, so it is written anew until it does.
    pub(crate) async fn tear_down(&self, namespace: &str) -> Result<()> {
        until(TORN_DOWN, || async {
            let Some(found) = kubernetes::namespace(&self.client, namespace).await? else {
                return Ok(Look::Done(()));
            };
            if found.metadata.deletion_timestamp.is_none() {
                // It may go between these two calls.
                let now = clock::now().to_string();
                let _ = kubernetes::patch_annotation(&self.client, namespace, RELEASE_TEARDOWN, &now).await;
            }
            Ok(Look::NotYet(format!("{:?} {:?}", found.metadata.annotations, found.status)))
        })
        .await
    }

    async fn operator_is_unharmed(&self) -> Result<()> {
        let now = kubernetes::operator_restarts(&self.client).await?;
        if self.manners == Manners::Calm && now != self.restarts {
            bail!("the operator was restarted during the test: {:?} before, {now:?} after", self.restarts);
        }
        Ok(())
    }
}
