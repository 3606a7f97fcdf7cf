//! Objects that are made together, each set a struct: who applies one takes it apart field by field, so that a new
//! object cannot be forgotten.

use super::{
    Access, Place, Role, Site, access_secret, authority, network_policies, postgres_deployment,
    repository_secret, restore_job, service, service_account, sizing_job, volume_claim, with_passwords,
};
use crate::model::{PostgresOrder, RestoreOrder, ServeOrder, SizingOrder};
use contract::secret::SecretString;
use k8s_openapi::api::{
    apps::v1::Deployment,
    batch::v1::Job,
    core::v1::{ConfigMap, PersistentVolumeClaim, Secret, Service, ServiceAccount},
    networking::v1::NetworkPolicy,
};

/// What a namespace needs before anything runs in it.
#[derive(Debug, Clone, PartialEq)]
pub struct Foundation {
    /// Its network policies, which come first.
    pub network_policies: [NetworkPolicy; 2],
    /// The pods' identity.
    pub service_account: ServiceAccount,
    /// Extra roots for S3, where there are some.
    pub authority: Option<ConfigMap>,
}

impl Foundation {
    /// For the replica at `place`.
    pub fn of(site: &Site, place: Place<'_>) -> Self {
        Self {
            network_policies: network_policies(site, place),
            service_account: service_account(site, place),
            authority: authority(site, place),
        }
    }
}

/// What a look into the repository needs.
#[derive(Clone, PartialEq)]
pub struct SizingSet {
    /// The repository password.
    pub repository_secret: Secret,
    /// The look.
    pub job: Job,
}

impl SizingSet {
    /// For `order`, with the repository password Canopy gave.
    pub fn of(site: &Site, order: &SizingOrder, password: &SecretString) -> Self {
        Self {
            repository_secret: repository_secret(site, order.into(), &order.run, password),
            job: sizing_job(site, order),
        }
    }
}

/// What a restore needs, in the order it is made: the Job last.
#[derive(Clone, PartialEq)]
pub struct RestoreSet {
    /// The repository password, and those of the roles.
    pub repository_secret: Secret,
    /// The run's volume.
    pub volume_claim: PersistentVolumeClaim,
    /// The restore.
    pub job: Job,
}

impl RestoreSet {
    /// For `order`, with the repository password Canopy gave and those its database will know.
    pub fn of(site: &Site, order: &RestoreOrder, password: &SecretString, roles: &Passwords) -> Self {
        let repository_secret = repository_secret(site, order.into(), &order.run, password);
        Self {
            repository_secret: with_passwords(repository_secret, roles),
            volume_claim: volume_claim(site, order),
            job: restore_job(site, order),
        }
    }
}

/// Passwords of the two roles: made at random once for a replica, then kept.
#[derive(Debug, Clone)]
pub struct Passwords {
    /// Of the superuser.
    pub superuser: SecretString,
    /// Of the analytics user.
    pub analytics: SecretString,
}

/// What PostgreSQL needs beside the volume and what the run's Secret holds.
#[derive(Clone, PartialEq)]
pub struct PostgresSet {
    /// The server.
    pub deployment: Deployment,
}

impl PostgresSet {
    /// For `order`.
    pub fn of(site: &Site, order: &PostgresOrder) -> Self {
        Self { deployment: postgres_deployment(site, order) }
    }
}

/// What guests need to get in.
#[derive(Clone, PartialEq)]
pub struct ServeSet {
    /// The superuser's access, to the database that was restored.
    pub superuser: Secret,
    /// The analytics user's access, to the database that was restored.
    pub analytics: Secret,
    /// The door.
    pub service: Service,
}

impl ServeSet {
    /// For `order`, with the passwords its run was given.
    pub fn of(site: &Site, order: &ServeOrder, passwords: &Passwords) -> Self {
        let [superuser, analytics] = access_secrets(site, order.into(), passwords, &order.database);
        Self { superuser, analytics, service: service(site, order) }
    }
}

fn access_secrets(site: &Site, place: Place<'_>, passwords: &Passwords, database: &str) -> [Secret; 2] {
    let Passwords { superuser, analytics } = passwords;
    [(Role::Superuser, superuser), (Role::Analytics, analytics)].map(|(role, password)| {
        access_secret(site, place, role, &Access::of(role, place.namespace, password.clone(), database))
    })
}
