//! The volume of one run: written by its restore, then by its PostgreSQL, and by nobody else.

use super::{Component, Site, meta::Meta};
use crate::model::RestoreOrder;
use k8s_openapi::{
    api::core::v1::{PersistentVolumeClaim, PersistentVolumeClaimSpec, VolumeResourceRequirements},
    apimachinery::pkg::api::resource::Quantity,
};
use std::collections::BTreeMap;

const MIB: u64 = 1024 * 1024;
const GIB: u64 = 1024 * MIB;

/// The claim `pgdata-<run>`.
pub fn volume_claim(site: &Site, order: &RestoreOrder) -> PersistentVolumeClaim {
    let storage = quantity(order.fit.volume_bytes);
    PersistentVolumeClaim {
        metadata: Meta::of_run(site, order.into(), Component::Restore, &order.run).named(order.run.pvc()),
        spec: Some(PersistentVolumeClaimSpec {
            access_modes: Some(vec!["ReadWriteOnce".to_owned()]),
            storage_class_name: site.storage_class.as_ref().map(ToString::to_string),
            resources: Some(VolumeResourceRequirements {
                requests: Some(BTreeMap::from([("storage".to_owned(), storage)])),
                ..VolumeResourceRequirements::default()
            }),
            ..PersistentVolumeClaimSpec::default()
        }),
        ..PersistentVolumeClaim::default()
    }
}

/// In the largest unit that tells it without rounding.
fn quantity(bytes: u64) -> Quantity {
    Quantity(match bytes {
        bytes if bytes.is_multiple_of(GIB) => format!("{}Gi", bytes / GIB),
        bytes if bytes.is_multiple_of(MIB) => format!("{}Mi", bytes / MIB),
        bytes => bytes.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::{GIB, MIB, quantity};

    #[test]
    fn a_size_is_told_without_rounding() {
        let told = [20 * GIB, 1536 * MIB, 1_000_000_000].map(|bytes| quantity(bytes).0);
        assert_eq!(told, ["20Gi", "1536Mi", "1000000000"]);
    }
}
