//! The passwords of a replica's two roles: made once, kept in the Secret of each run beside its repository password, and
//! told guests when they are let in to that run.
//!
//! Input: a run and what its Secret holds. Output: its passwords. Must not: make new ones where there are some, or take
//! for a run's what its database may not know.

use super::{Applier, Result};
use crate::{
    model::PostgresOrder,
    resources::{self, Passwords, Place, Role},
};
use contract::{names::RunName, secret::SecretString};
use k8s_openapi::api::core::v1::{PersistentVolumeClaim, Secret};

impl Applier {
    /// The Secret of `run`, if there is one.
    pub(super) async fn run_secret(&self, place: Place<'_>, run: &RunName) -> Result<Option<Secret>> {
        Ok(self.cluster.find(&resources::empty_repository_secret(&self.site, place, run)).await?)
    }

    /// What `held`, the Secret of a run, holds; else what guests have, so that a refresh changes nothing for them; for
    /// who has none a new one.
    pub(super) async fn passwords(&self, place: Place<'_>, held: Option<&Secret>) -> Result<Passwords> {
        let made = (self.new_passwords)();
        Ok(Passwords {
            superuser: self.password(place, held, Role::Superuser).await?.unwrap_or(made.superuser),
            analytics: self.password(place, held, Role::Analytics).await?.unwrap_or(made.analytics),
        })
    }

    /// The password of `role`, if it is anywhere. Guests have it where `held` is of a version that kept it nowhere else,
    /// or was removed: nobody but a run that is let in changes what they have.
    pub(super) async fn password(
        &self,
        place: Place<'_>,
        held: Option<&Secret>,
        role: Role,
    ) -> Result<Option<SecretString>> {
        if let Some(password) = held.and_then(|secret| resources::role_password(secret, role)) {
            return Ok(Some(password));
        }
        let guests = self.cluster.find(&resources::empty_access_secret(&self.site, place, role)).await?;
        Ok(guests.as_ref().and_then(resources::password_of))
    }

    /// Sees to it that the Secret of the run holds what its server is to be given. It does, unless a person or an older
    /// version has made it otherwise.
    pub(super) async fn keep_passwords(&self, order: &PostgresOrder) -> Result<()> {
        let held = self.run_secret(order.into(), &order.run).await?;
        let is_held =
            |role| held.as_ref().and_then(|secret| resources::role_password(secret, role)).is_some();
        if Role::ALL.into_iter().all(is_held) {
            return Ok(());
        }
        let claim: PersistentVolumeClaim = self.cluster.get(&order.namespace, &order.run.pvc()).await?;
        let passwords = self.passwords(order.into(), held.as_ref()).await?;
        let empty = resources::empty_repository_secret(&self.site, order.into(), &order.run);
        let kept = Secret { data: held.as_ref().and_then(|secret| secret.data.clone()), ..empty };
        let secret = resources::bound_to(resources::with_passwords(kept, &passwords), &claim);
        Ok(self.cluster.apply_over(held.as_ref(), &secret).await?)
    }
}
