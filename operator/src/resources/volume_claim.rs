//! The volume of one run: written by its restore, then by its PostgreSQL, and by nobody else.

use super::{Component, Site, meta::Meta};
use crate::model::RestoreOrder;
use k8s_openapi::{
    api::core::v1::{PersistentVolumeClaim, PersistentVolumeClaimSpec, VolumeResourceRequirements},
    apimachinery::pkg::api::resource::Quantity,
};
use std::collections::BTreeMap;

/// The claim `pgdata-<run>`.
pub fn volume_claim(site: &Site, order: &RestoreOrder) -> PersistentVolumeClaim {
    let storage = Quantity(site.volumes.size.as_str().to_owned());
    PersistentVolumeClaim {
        metadata: Meta::of_run(site, order.into(), Component::Restore, &order.run).named(order.run.pvc()),
        spec: Some(PersistentVolumeClaimSpec {
            access_modes: Some(vec!["ReadWriteOnce".to_owned()]),
            storage_class_name: site.volumes.class.as_ref().map(ToString::to_string),
            resources: Some(VolumeResourceRequirements {
                requests: Some(BTreeMap::from([("storage".to_owned(), storage)])),
                ..VolumeResourceRequirements::default()
            }),
            ..PersistentVolumeClaimSpec::default()
        }),
        ..PersistentVolumeClaim::default()
    }
}
