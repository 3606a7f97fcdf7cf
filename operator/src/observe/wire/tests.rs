use super::{Claim, Namespace, Pod};
use kube::{Resource, ResourceExt};
use serde_json::json;

#[test]
fn labels_and_annotations_of_others_and_managed_fields_are_passed_over() {
    let namespace: Namespace = serde_json::from_value(json!({"metadata": {
        "name": "a", "uid": "u", "resourceVersion": "7", "creationTimestamp": "2026-01-01T00:00:00Z",
        "labels": {"pgro.bes.au/run": "r", "kubernetes.io/metadata.name": "a", "app.kubernetes.io/component": "c"},
        "annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{}", "pgro.bes.au/type": "t"},
        "finalizers": ["f"],
        "managedFields": [{"manager": "m", "fieldsV1": {"f:metadata": {}}}],
    }}))
    .unwrap();
    let keys: Vec<&str> = namespace.labels().keys().map(String::as_str).collect();
    assert_eq!(keys, ["app.kubernetes.io/component", "pgro.bes.au/run"]);
    assert_eq!(namespace.annotations().keys().collect::<Vec<_>>(), ["pgro.bes.au/type"]);
    assert_eq!((namespace.uid().as_deref(), namespace.resource_version().as_deref()), (Some("u"), Some("7")));
    assert!(namespace.creation_timestamp().is_some() && namespace.finalizers() == ["f"]);
    assert!(namespace.meta().managed_fields.is_none());
}

#[test]
fn a_key_is_ours_however_json_spells_it() {
    let text = r#"{"metadata": {"labels": {"pgro.bes.au\/run": "r"}}}"#;
    let pod: Pod = serde_json::from_str(text).unwrap();
    assert_eq!(pod.labels().get("pgro.bes.au/run").map(String::as_str), Some("r"));
}

#[test]
fn an_object_without_anything_and_one_that_is_empty_read_alike() {
    for text in
        ["{}", r#"{"metadata": {}, "spec": null, "status": null}"#, r#"{"metadata": {"labels": null}}"#]
    {
        let pod: Pod = serde_json::from_str(text).unwrap();
        assert!(pod.status.is_none() && pod.name_any().is_empty(), "{text}");
    }
    let pod: Pod =
        serde_json::from_str(r#"{"spec": {"containers": [{"name": "c"}]}, "status": {}}"#).unwrap();
    assert!(pod.status.is_some_and(|status| status.phase.is_none()));
}

#[test]
fn of_claims_the_metadata_alone_is_asked_for() {
    assert!(Claim::metadata_api() && !Pod::metadata_api());
    assert_eq!((Pod::api_version(&()), Pod::plural(&())), ("v1".into(), "pods".into()));
}
