//! The passwords of one run, of its repository and of the roles in its database: they leave with the run's volume, or its
//! sizing Job, whoever removes that. Nobody watches Secrets, so one that is made too late, when the run is gone already,
//! has to go by itself.

use super::{Component, Passwords, Place, Role, Site, access::password_in, meta::Meta};
use contract::{
    names::RunName,
    secret::{ExposeSecret, SecretString},
};
use k8s_openapi::{ByteString, api::core::v1::Secret};
use kube::Resource;
use std::collections::BTreeMap;

/// Key of the repository password.
pub(super) const PASSWORD_KEY: &str = "password";

/// The Secret the sizing and restore containers take `KOPIA_PASSWORD` from.
pub fn repository_secret(site: &Site, place: Place<'_>, run: &RunName, password: &SecretString) -> Secret {
    let data = BTreeMap::from([(PASSWORD_KEY.to_owned(), bytes(password))]);
    Secret { data: Some(data), ..empty_repository_secret(site, place, run) }
}

/// The same without what it holds, to find it by.
pub fn empty_repository_secret(site: &Site, place: Place<'_>, run: &RunName) -> Secret {
    Secret {
        metadata: Meta::of_run(site, place, Component::Restore, run).named(run.repository_secret()),
        type_: Some("Opaque".to_owned()),
        ..Secret::default()
    }
}

/// `secret` with those the run's server is given for its roles.
#[must_use]
pub fn with_passwords(mut secret: Secret, passwords: &Passwords) -> Secret {
    let Passwords { superuser, analytics } = passwords;
    let held = [(Role::Superuser, superuser), (Role::Analytics, analytics)]
        .map(|(role, password)| (role.key_in_run().to_owned(), bytes(password)));
    secret.data.get_or_insert_default().extend(held);
    secret
}

/// What [`with_passwords`] has put there for `role`; none where it is missing, empty or no text.
pub fn role_password(secret: &Secret, role: Role) -> Option<SecretString> {
    password_in(secret, role.key_in_run())
}

/// `secret`, which the cluster removes once `owner`, and whatever else it was bound to, is gone.
#[must_use]
pub fn bound_to(mut secret: Secret, owner: &impl Resource<DynamicType = ()>) -> Secret {
    secret.metadata.owner_references = owner.owner_ref(&()).map(|owner| vec![owner]);
    secret
}

fn bytes(password: &SecretString) -> ByteString {
    ByteString(password.expose_secret().as_bytes().to_vec())
}
