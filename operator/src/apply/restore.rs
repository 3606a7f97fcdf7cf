//! Everything a restore and its database need, made in an order that can be broken off anywhere and begun again.

use super::{Applied, Applier, Result};
use crate::{
    model::{PostgresOrder, RestoreOrder, SizingOrder},
    resources::{self, Foundation, Place, PostgresSet, RestoreSet, SizingSet},
};
use contract::{canopy::CredentialsRequest, ids::RunId, secret::SecretString};

impl Applier {
    /// Nothing that holds data is made: only what it takes to ask the repository.
    pub(super) async fn start_sizing(&self, order: &SizingOrder, run_id: RunId) -> Result<Applied> {
        let password = self.repository_password(order.into(), run_id).await?;
        self.lay_foundation(order.into()).await?;
        let SizingSet { repository_secret, job } = SizingSet::of(&self.site, order, &password);
        // the pod waits for the Secret, which leaves with the Job
        let job = self.cluster.create(&job).await?;
        self.cluster.apply(&resources::bound_to(repository_secret, &job)).await?;
        Ok(Applied::Done)
    }

    pub(super) async fn start_restore(&self, order: &RestoreOrder, run_id: RunId) -> Result<Applied> {
        let password = self.repository_password(order.into(), run_id).await?;
        // who knows the size has asked for it in this namespace, and laid the foundation for that
        if order.fit.size.is_none() {
            self.lay_foundation(order.into()).await?;
        }
        let held = self.run_secret(order.into(), &order.run).await?;
        let passwords = self.passwords(order.into(), held.as_ref()).await?;
        let RestoreSet { repository_secret, volume_claim, job } =
            RestoreSet::of(&self.site, order, &password, &passwords);
        let claim = self.cluster.create(&volume_claim).await?;
        let secret = resources::bound_to(repository_secret, &claim);
        self.cluster.apply_over(held.as_ref(), &secret).await?;
        self.cluster.create(&job).await?;
        Ok(Applied::Done)
    }

    /// Canopy is asked first: without the repository password nothing else is worth making.
    async fn repository_password(&self, place: Place<'_>, run_id: RunId) -> Result<SecretString> {
        let request = CredentialsRequest {
            group: place.identity.group,
            backup_type: place.identity.backup_type.clone(),
            run_id: Some(run_id),
        };
        let asked = self.asked("ask Canopy for credentials", self.canopy.credentials(&request));
        Ok(asked.await??.repo_password)
    }

    pub(super) async fn start_postgres(&self, order: &PostgresOrder) -> Result<Applied> {
        self.keep_passwords(order).await?;
        let PostgresSet { deployment } = PostgresSet::of(&self.site, order);
        self.cluster.create(&deployment).await?;
        Ok(Applied::Done)
    }

    async fn lay_foundation(&self, place: Place<'_>) -> Result<()> {
        let Foundation { network_policies, service_account, authority } = Foundation::of(&self.site, place);
        for policy in &network_policies {
            self.cluster.apply(policy).await?;
        }
        self.cluster.apply(&service_account).await?;
        if let Some(authority) = &authority {
            self.cluster.apply(authority).await?;
        }
        Ok(())
    }
}
