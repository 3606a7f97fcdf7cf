//! What a test does to the cluster behind the operator's back.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use contract::canopy::WorklistEntry;
use contract::ids::Intent;
use contract::names::{labels, objects};
use k8s_openapi::api::core::v1::{LimitRange, LimitRangeItem, LimitRangeSpec, Namespace, Pod};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use kube::api::{DeleteParams, PostParams};
use kube::{Api, ResourceExt};

use super::{Moment, Replica, Server, World};
use crate::client::{Access, Steady, guest};
use crate::kubernetes::{SYSTEM, operator_pod};
use crate::timeouts::{BACK, RESTORED, TORN_DOWN};
use crate::wait::{Look, until};

impl World {
    /// Kills the operator that leads at once, and waits until another does.
    pub async fn kill_the_operator(&self) -> Result<()> {
        let Some(old) = operator_pod(&self.client).await? else {
            // Someone else has just killed it: killed is what it was to be.
            return self.operator_is_back("").await;
        };
        let api = Api::<Pod>::namespaced(self.client.clone(), SYSTEM);
        // It may be gone already, for the same reason.
        let _ = api.delete(&old.name_any(), &DeleteParams::default().grace_period(0)).await;
        self.operator_is_back(&old.name_any()).await
    }

    async fn operator_is_back(&self, old: &str) -> Result<()> {
        until(BACK, || async {
            let new = operator_pod(&self.client).await?.filter(|pod| pod.name_any() != old);
            Ok(Look::some(new.map(drop), "no operator leads"))
        })
        .await
    }

    /// A replica whose restore is under way and will be for a while, each of its containers having `cpu`.
    ///
    /// It gets its snapshot only when its namespace limits containers that ask for no limit. The operator sets none, so
    /// the restore is what it always is, but slower; once its pod is made, whatever comes after is not limited.
    pub async fn slow_restore(&self, server: &Server, intent: Intent, cpu: &str) -> Result<Replica<'_>> {
        let entry = self.entry(server, intent);
        let (snapshot, at) = (entry.snapshot_id.clone(), entry.snapshot_at);
        let mut replica = self.put(WorklistEntry { snapshot_id: None, snapshot_at: None, ..entry }).await?;
        replica.provisioned().await?;
        let limits = Api::<LimitRange>::namespaced(self.client.clone(), &replica.namespace);
        limits.create(&PostParams::default(), &limit(cpu)).await.context("failed to limit the namespace")?;
        replica.change(|entry| (entry.snapshot_id, entry.snapshot_at) = (snapshot, at)).await?;
        replica.at(Moment::Restoring, RESTORED).await?;
        limits.delete(LIMIT, &DeleteParams::default()).await.context("failed to lift the limit")?;
        Ok(replica)
    }
}

const LIMIT: &str = "slow";

fn limit(cpu: &str) -> LimitRange {
    let default = BTreeMap::from([("cpu".to_owned(), Quantity(cpu.to_owned()))]);
    let item =
        LimitRangeItem { type_: "Container".into(), default: Some(default), ..LimitRangeItem::default() };
    let mut range = LimitRange { spec: Some(LimitRangeSpec { limits: vec![item] }), ..LimitRange::default() };
    range.metadata.name = Some(LIMIT.into());
    range
}

impl Replica<'_> {
    /// Deletes its namespace behind the operator's back; returns once there is another.
    pub async fn deleted_by_hand(&self) -> Result<()> {
        let before = self.provisioned().await?;
        let api = Api::<Namespace>::all(self.world.client.clone());
        api.delete(&self.namespace, &DeleteParams::default())
            .await
            .context("failed to delete the namespace")?;
        until(TORN_DOWN, || async {
            let now = self.uid().await?;
            Ok(Look::some(now.clone().filter(|uid| *uid != before).map(drop), format!("{before} {now:?}")))
        })
        .await
    }

    /// A guest that connects through the Service again and again.
    pub async fn steady_guest(&self) -> Result<Steady> {
        Steady::send(&self.world.client, &self.namespace, &self.world.harness.images.postgres(17)).await
    }

    /// A pod that has a restore pod's account and label, and is none: the operator did not make it.
    pub async fn impostor(&self) -> Result<Pod> {
        let image = self.world.harness.images.postgres(17);
        let mut pod = guest("impostor", &image, Access::Analytics, "SELECT pg_sleep(600)");
        let label = (labels::PROXY_SIDECAR.to_owned(), "true".to_owned());
        pod.metadata.labels = Some(BTreeMap::from([label]));
        let spec = pod.spec.as_mut().context("a guest has a spec")?;
        spec.service_account_name = Some(objects::SERVICE_ACCOUNT.into());
        // It never runs, and need not: a token is bound to a pod, not to what is in it.
        spec.node_selector = Some(BTreeMap::from([("pgro-e2e/nowhere".to_owned(), "true".to_owned())]));
        let api = Api::<Pod>::namespaced(self.world.client.clone(), &self.namespace);
        api.create(&PostParams::default(), &pod).await.context("failed to make the impostor")
    }

    /// Removes a pod and waits until it is gone.
    pub async fn remove_pod(&self, pod: &Pod) -> Result<()> {
        let api = Api::<Pod>::namespaced(self.world.client.clone(), &self.namespace);
        api.delete(&pod.name_any(), &DeleteParams::default().grace_period(0)).await?;
        until(TORN_DOWN, || async {
            let found = api.get_opt(&pod.name_any()).await?;
            Ok(Look::some(found.is_none().then_some(()), "the pod is still there"))
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_is_a_default_and_so_never_touches_what_a_pod_asks_for_itself() {
        let item = limit("25m").spec.unwrap().limits.remove(0);
        assert_eq!(item.default.unwrap()["cpu"].0, "25m");
        assert!(item.max.is_none() && item.min.is_none() && item.type_ == "Container");
    }
}
