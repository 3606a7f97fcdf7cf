//! Extra roots for an S3 look-alike, where its certificate is signed by an authority of its own.

use super::{Component, Place, Site, meta::Meta};
use k8s_openapi::api::core::v1::ConfigMap;
use std::collections::BTreeMap;

/// Name of the `ConfigMap`.
pub(super) const NAME: &str = "s3-authority";
/// Its one key.
pub(super) const KEY: &str = "ca.crt";

/// The `ConfigMap` with the roots; none where the system's own serve.
pub fn authority(site: &Site, place: Place<'_>) -> Option<ConfigMap> {
    let pem = site.s3.ca_pem.clone()?;
    Some(ConfigMap {
        metadata: Meta::stable(site, place, Component::Replica).named(NAME),
        data: Some(BTreeMap::from([(KEY.to_owned(), pem)])),
        ..ConfigMap::default()
    })
}
