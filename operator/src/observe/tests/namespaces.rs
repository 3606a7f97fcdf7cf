use super::objects::{NAMESPACE, Objects, identity, job, meta, namespace, observed, replica, run};
use crate::{
    model::{Phase, Run, Seen},
    resources::Component,
};
use contract::names::{annotations, labels};
use serde_json::json;

#[test]
fn only_what_this_installation_owns_is_looked_at() {
    let selector = crate::observe::ours(&"pgro-system".parse().unwrap());
    assert_eq!(selector, "pgro.bes.au/managed-by=pgro-canopy,pgro.bes.au/owner=pgro-system");
}

#[test]
fn a_labelled_namespace_reads_as_a_replica() {
    let replica = replica(&Objects::of_a_replica());
    assert_eq!(replica.identity, identity());
    assert_eq!(replica.record.phase, Phase::Restoring);
    assert_eq!((replica.owner.uid.as_str(), replica.owner.resource_version.as_str()), ("u1", "7"));
}

#[test]
fn a_namespace_with_a_label_that_does_not_parse_is_unreadable_and_keeps_its_key() {
    for key in [labels::GROUP, labels::INTENT, labels::TYPE] {
        let mut object = namespace(NAMESPACE);
        object["metadata"]["labels"][key] = json!("sha256.nonsense");
        let view = Objects { namespaces: vec![object], ..Objects::default() };
        let seen = observed(&view).namespaces.into_values().next();
        let Some(Seen::Unreadable { why, key: found }) = seen else { panic!("{key} was read") };
        assert!(why.contains(key), "{why}");
        assert_eq!(found, Some(identity().key));
    }
}

#[test]
fn two_namespaces_of_one_replica_are_both_left_alone() {
    let both = vec![namespace("one-12345678"), namespace("two-12345678")];
    let observed = observed(&Objects { namespaces: both, ..Objects::default() });
    assert!(observed.namespaces.values().all(|seen| matches!(seen, Seen::Unreadable { .. })));
    assert!(observed.keys().contains(&identity().key));
}

#[test]
fn objects_in_foreign_namespaces_are_nobodys_runs() {
    let mut stray = job(None);
    stray["metadata"]["namespace"] = json!("default");
    let mut view = Objects::of_a_replica();
    view.jobs.push(stray);
    assert!(replica(&view).runs.is_empty());
}

#[test]
fn a_volume_alone_makes_a_run_known() {
    let mut view = Objects::of_a_replica();
    let claim = json!({"metadata": meta(&run().pvc(), Component::Restore)});
    view.claims.push(claim);
    assert_eq!(*replica(&view).runs[&run()], Run { volume: true, ..Run::default() });
}

#[test]
fn a_run_is_going_when_all_that_is_left_of_it_is_being_deleted() {
    let mut view = Objects::of_a_replica();
    let mut claim = json!({"metadata": meta(&run().pvc(), Component::Restore)});
    claim["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:01Z");
    view.claims.push(claim);
    assert!(replica(&view).runs[&run()].going);
    view.jobs.push(job(None));
    assert!(!replica(&view).runs[&run()].going);
}

#[test]
fn what_bears_another_name_than_its_run_gives_it_is_no_part_of_the_run() {
    let mut view = Objects::of_a_replica();
    let mut named_otherwise = job(None);
    named_otherwise["metadata"]["name"] = json!("restore-by-hand");
    view.jobs.push(named_otherwise);
    assert!(replica(&view).runs.is_empty());
}

#[test]
fn the_service_tells_which_run_serves() {
    let mut view = Objects::of_a_replica();
    let service = json!({"metadata": {"name": "postgres", "namespace": NAMESPACE},
        "spec": {"selector": {labels::RUN: run().as_str()}}});
    view.services.push(service);
    assert_eq!(replica(&view).service.unwrap().run, Some(run()));
}

#[test]
fn a_record_that_does_not_parse_makes_the_namespace_unreadable() {
    let mut object = namespace(NAMESPACE);
    object["metadata"]["annotations"][annotations::LAST_RESTORED_AT] = json!("yesterday");
    let view = Objects { namespaces: vec![object], ..Objects::default() };
    let seen = observed(&view).namespaces.into_values().next();
    assert!(matches!(seen, Some(Seen::Unreadable { why, .. }) if why.contains("yesterday")));
}

#[test]
fn fault_a16_who_a_going_namespace_waits_for_is_named() {
    let mut object = namespace(NAMESPACE);
    object["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:05:00Z");
    object["metadata"]["finalizers"] = json!(["example.com/stuck"]);
    object["spec"] = json!({"finalizers": ["kubernetes"]});
    object["status"] = json!({"conditions": [
        {"type": "NamespaceDeletionDiscoveryFailure", "status": "True", "message": "metrics.k8s.io is down"},
        {"type": "NamespaceContentRemaining", "status": "False", "message": "none"}]});
    let going = replica(&Objects { namespaces: vec![object], ..Objects::default() }).going.unwrap();
    let waits_for = [
        "NamespaceDeletionDiscoveryFailure: metrics.k8s.io is down",
        "finalizer example.com/stuck",
        "finalizer kubernetes",
    ];
    assert_eq!(going.waits_for, waits_for);
}
