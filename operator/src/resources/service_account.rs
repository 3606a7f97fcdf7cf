//! The identity of a replica's pods: a name for the broker to check, without rights and without a mounted token.

use super::{Component, Place, Site, meta::Meta};
use contract::names::objects;
use k8s_openapi::api::core::v1::ServiceAccount;

/// The `ServiceAccount` of the restore and postgres pods.
pub fn service_account(site: &Site, place: Place<'_>) -> ServiceAccount {
    ServiceAccount {
        metadata: Meta::stable(site, place, Component::Replica).named(objects::SERVICE_ACCOUNT),
        automount_service_account_token: Some(false),
        ..ServiceAccount::default()
    }
}
