//! The namespace of one replica: its labels are who it is, its annotations what is remembered of it.

use super::{Component, Place, Site, meta::Meta};
use contract::names::{LabelValue, annotations};
use k8s_openapi::api::core::v1::Namespace;
use std::collections::BTreeMap;

/// Pod Security admission turns away what is not `restricted`, and says so to whoever asks.
const POD_SECURITY: [(&str, &str); 3] = [
    ("pod-security.kubernetes.io/enforce", "restricted"),
    ("pod-security.kubernetes.io/warn", "restricted"),
    ("pod-security.kubernetes.io/audit", "restricted"),
];

/// The namespace at `place`, with the annotations `record` gives; what it wants removed is left out.
pub fn namespace(
    site: &Site,
    place: Place<'_>,
    record: &BTreeMap<&'static str, Option<String>>,
) -> Namespace {
    let mut metadata = Meta::stable(site, place, Component::Replica).named(place.namespace.as_str());
    metadata.namespace = None;
    let pod_security = POD_SECURITY.map(|(key, value)| (key.to_owned(), value.to_owned()));
    metadata.labels.get_or_insert_default().extend(pod_security);
    metadata.annotations = Some(annotations_of(place, record));
    Namespace { metadata, ..Namespace::default() }
}

fn annotations_of(
    place: Place<'_>,
    record: &BTreeMap<&'static str, Option<String>>,
) -> BTreeMap<String, String> {
    let kept = record.iter().filter_map(|(key, value)| Some(((*key).to_owned(), value.clone()?)));
    let text = place.identity.backup_type.as_str();
    let exact = matches!(LabelValue::of(text), LabelValue::Digest(_))
        .then(|| (annotations::TYPE.to_owned(), text.to_owned()));
    kept.chain(exact).collect()
}
