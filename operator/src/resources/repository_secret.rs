//! The repository password of one run: it leaves with the run's volume, whoever removes that. Nobody watches Secrets,
//! so one that is made too late, when the run is gone already, has to go by itself.

use super::{Component, Site, meta::Meta};
use crate::model::RestoreOrder;
use contract::secret::{ExposeSecret, SecretString};
use k8s_openapi::{
    ByteString,
    api::core::v1::{PersistentVolumeClaim, Secret},
};
use kube::Resource;
use std::collections::BTreeMap;

/// Key of the password.
pub(super) const PASSWORD_KEY: &str = "password";

/// The Secret the restore container takes `KOPIA_PASSWORD` from.
pub fn repository_secret(site: &Site, order: &RestoreOrder, password: &SecretString) -> Secret {
    let value = ByteString(password.expose_secret().as_bytes().to_vec());
    Secret {
        metadata: Meta::of_run(site, order.into(), Component::Restore, &order.run)
            .named(order.run.repository_secret()),
        type_: Some("Opaque".to_owned()),
        data: Some(BTreeMap::from([(PASSWORD_KEY.to_owned(), value)])),
        ..Secret::default()
    }
}

/// `secret`, which the cluster removes once `claim` is gone.
#[must_use]
pub fn bound_to(mut secret: Secret, claim: &PersistentVolumeClaim) -> Secret {
    secret.metadata.owner_references = claim.owner_ref(&()).map(|owner| vec![owner]);
    secret
}
