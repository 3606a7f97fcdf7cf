//! Lets guests in.

use super::{Applied, Applier, ApplyError, Result};
use crate::{
    model::{Owner, ServeOrder},
    resources::{Passwords, Role, ServeSet, password_of},
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
        let passwords = Passwords {
            superuser: self.password(order, Role::Superuser).await?,
            analytics: self.password(order, Role::Analytics).await?,
        };
        let ServeSet { superuser, analytics, service } = ServeSet::of(&self.site, order, &passwords);
        self.cluster.apply(&superuser).await?;
        self.cluster.apply(&analytics).await?;
        self.cluster.apply(&service).await?;
        Ok(Applied::Done)
    }

    async fn password(&self, order: &ServeOrder, role: Role) -> Result<SecretString> {
        let secret: Secret = self.cluster.get(&order.namespace, role.secret()).await?;
        password_of(&secret).ok_or(ApplyError::Password(role.secret()))
    }
}
