//! Lets guests in.

use super::{Applied, Applier, ApplyError, Result};
use crate::{
    model::{Owner, ServeOrder},
    resources::{Passwords, Role, ServeSet},
};
use contract::secret::SecretString;
use k8s_openapi::api::core::v1::Secret;

impl Applier {
    /// The Service moves last: whoever comes through it finds Secrets that fit. Not unless the record is still the one
    /// that names the run: guests are not sent back by a picture that lags behind.
    pub(super) async fn serve(&self, order: &ServeOrder, owner: &Owner) -> Result<Applied> {
        if !self.cluster.is_still(&order.namespace, owner).await? {
            return Ok(Applied::Stale);
        }
        let held = self.run_secret(order.into(), &order.run).await?;
        let passwords = Passwords {
            superuser: self.password_for_guests(order, held.as_ref(), Role::Superuser).await?,
            analytics: self.password_for_guests(order, held.as_ref(), Role::Analytics).await?,
        };
        let ServeSet { superuser, analytics, service } = ServeSet::of(&self.site, order, &passwords);
        self.cluster.apply(&superuser).await?;
        self.cluster.apply(&analytics).await?;
        self.cluster.apply(&service).await?;
        Ok(Applied::Done)
    }

    /// A new one would let nobody in: the database has been told already.
    async fn password_for_guests(
        &self,
        order: &ServeOrder,
        held: Option<&Secret>,
        role: Role,
    ) -> Result<SecretString> {
        let password = self.password(order.into(), held, role).await?;
        password.ok_or_else(|| ApplyError::Password { secret: order.run.repository_secret(), role })
    }
}
