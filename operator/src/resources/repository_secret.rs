//! The repository password of one run: it leaves with the run's volume, or its sizing Job, whoever removes that. Nobody watches Secrets,
//! so one that is made too late, when the run is gone already, has to go by itself.

use super::{Component, Place, Site, meta::Meta};
use contract::{
    names::RunName,
    secret::{ExposeSecret, SecretString},
};
use k8s_openapi::{ByteString, api::core::v1::Secret};
use kube::Resource;
use std::collections::BTreeMap;

/// Key of the password.
pub(super) const PASSWORD_KEY: &str = "password";

/// The Secret the sizing and restore containers take `KOPIA_PASSWORD` from.
pub fn repository_secret(site: &Site, place: Place<'_>, run: &RunName, password: &SecretString) -> Secret {
    let value = ByteString(password.expose_secret().as_bytes().to_vec());
    Secret {
        metadata: Meta::of_run(site, place, Component::Restore, run).named(run.repository_secret()),
        type_: Some("Opaque".to_owned()),
        data: Some(BTreeMap::from([(PASSWORD_KEY.to_owned(), value)])),
        ..Secret::default()
    }
}

/// `secret`, which the cluster removes once `owner`, and whatever else it was bound to, is gone.
#[must_use]
pub fn bound_to(mut secret: Secret, owner: &impl Resource<DynamicType = ()>) -> Secret {
    secret.metadata.owner_references = owner.owner_ref(&()).map(|owner| vec![owner]);
    secret
}
