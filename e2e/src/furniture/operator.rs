//! The operator as tests want it: the overlay for kind, with the images of this run and shorter pauses.

use serde_json::{Value, json};

use super::overlay::Overlay;
use crate::platform::Images;

/// The operator's Deployment.
pub const DEPLOYMENT: &str = "pgro-operator";
/// Its container.
const CONTAINER: &str = "operator";
/// What the manifests call our image.
const IMAGE: &str = "pgro";

/// Decisions are tested elsewhere; here pauses only cost time. The guard keeps its three absences, and a
/// window through which the replicas of all tests fit.
const PAUSES: [(&str, &str); 13] = [
    ("CANOPY_RECONCILE_INTERVAL_SECS", "1"),
    ("PGRO_RETRY_BASE_SECS", "3"),
    ("PGRO_RETRY_MAX_SECS", "10"),
    ("PGRO_TEARDOWN_ABSENCES", "3"),
    ("PGRO_TEARDOWN_MIN_SECS", "4"),
    ("PGRO_TEARDOWN_WINDOW_SECS", "10"),
    ("PGRO_TEARDOWN_WINDOW_COUNT", "100"),
    ("PGRO_DRAIN_SECS", "5"),
    ("PGRO_RESTORE_DEADLINE_SECS", "600"),
    ("PGRO_VERIFY_DEADLINE_SECS", "600"),
    ("PGRO_LEASE_DURATION_SECS", "8"),
    ("PGRO_LEASE_RENEW_SECS", "6"),
    ("PGRO_LEASE_RETRY_SECS", "1"),
];

pub(super) fn overlay(images: &Images) -> Overlay<'_> {
    Overlay {
        name: "operator",
        base: "deploy/overlays/kind",
        images: vec![(IMAGE, &images.pgro)],
        patches: vec![settings(images)],
    }
}

fn settings(images: &Images) -> Value {
    let pods = [
        ("PGRO_KOPIA_IMAGE", images.kopia.as_str()),
        ("PGRO_POSTGRES_IMAGE", images.postgres_template.as_str()),
    ];
    let all = PAUSES.into_iter().chain(pods);
    let env: Vec<Value> = all.map(|(name, value)| json!({ "name": name, "value": value })).collect();
    json!({
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": { "name": DEPLOYMENT, "namespace": crate::kubernetes::SYSTEM },
        "spec": { "template": { "spec": { "containers": [{ "name": CONTAINER, "env": env }] } } },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_operator_is_told_which_images_are_in_the_node() {
        let images = Images {
            pgro: "p:1".into(),
            stub_canopy: "s:1".into(),
            kopia: "k:1".into(),
            minio: "m:1".into(),
            postgres_template: "pg:{major}".into(),
        };
        let patch = settings(&images);
        let env = patch["spec"]["template"]["spec"]["containers"][0]["env"].as_array().unwrap();
        let value = |name: &str| env.iter().find(|var| var["name"] == name).map(|var| var["value"].clone());
        assert_eq!(value("PGRO_KOPIA_IMAGE"), Some("k:1".into()));
        assert_eq!(value("PGRO_POSTGRES_IMAGE"), Some("pg:{major}".into()));
        assert_eq!(overlay(&images).images, [("pgro", "p:1")]);
    }
}
