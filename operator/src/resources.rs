//! Kubernetes objects from validated orders: one kind per file, each a total function.
//!
//! Input: an order of [`crate::model`] and the [`Site`]. Output: one object, its metadata from [`meta`] alone.
//! Must not: fail, decide, ask the clock or the cluster, or put a secret anywhere but into a Secret.

mod access;
mod authority;
mod defaults;
mod env;
mod meta;
mod mounts;
mod namespace;
mod network_policies;
mod pod;
mod postgres_deployment;
mod proxied;
mod repository_secret;
mod restore_job;
mod service;
mod service_account;
mod sets;
mod site;
mod sizing_job;
mod volume_claim;

pub use access::{Access, Role, access_secret, empty_access_secret, password_of};
pub use authority::authority;
pub use defaults::postgres_memory_bytes;
pub use meta::{Component, Place, app_labels};
pub use namespace::namespace;
pub use network_policies::{OPERATOR_LABELS, network_policies};
pub use postgres_deployment::postgres_deployment;
pub use repository_secret::{
    bound_to, empty_repository_secret, repository_secret, role_password, with_passwords,
};
pub use restore_job::restore_job;
pub use service::service;
pub use service_account::service_account;
pub use sets::{Foundation, Passwords, PostgresSet, RestoreSet, ServeSet, SizingSet};
pub use site::{Images, S3, Site};
pub use sizing_job::sizing_job;
pub use volume_claim::volume_claim;

#[cfg(test)]
mod check;
#[cfg(test)]
pub(crate) mod fixtures;
#[cfg(test)]
mod tests;
