//! Names, labels, selectors.

use super::{all, of_kind, templates, title};
use crate::resources::{app_labels, network_policies::OPERATOR_LABELS};
use contract::names::labels;
use serde_json::Value;
use std::collections::BTreeSet;

const IDENTITY: [&str; 7] = [
    labels::MANAGED_BY,
    labels::OWNER,
    labels::DECLARATION_ID,
    labels::GROUP,
    labels::SERVER,
    labels::TYPE,
    labels::INTENT,
];
const RECOMMENDED: [&str; 5] = [
    app_labels::NAME,
    app_labels::INSTANCE,
    app_labels::COMPONENT,
    app_labels::MANAGED_BY,
    app_labels::VERSION,
];

/// A label value, by the rules of Kubernetes.
fn is_label_value(text: &str) -> bool {
    let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    let inner = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    text.len() <= 63 && edge(text.chars().next()) && edge(text.chars().next_back()) && text.chars().all(inner)
}

/// A DNS label: what the names of all our objects are, the strictest rule of any kind.
fn is_dns_label(text: &str) -> bool {
    is_label_value(text) && text.chars().all(|c| !c.is_ascii_uppercase() && c != '_' && c != '.')
}

fn assert_labelled(title: &str, metadata: &Value) {
    for key in IDENTITY.into_iter().chain(RECOMMENDED) {
        let value = metadata["labels"][key].as_str().unwrap_or_default();
        assert!(is_label_value(value), "{title}: {key}={value:?}");
    }
}

#[test]
fn every_object_and_every_pod_carries_identity_and_recommended_labels() {
    let objects = all();
    for object in &objects {
        assert_labelled(&title(object), &object["metadata"]);
    }
    for (title, template) in templates(&objects) {
        assert_labelled(&title, &template["metadata"]);
    }
}

#[test]
fn every_name_is_valid_and_short_enough_for_every_kind() {
    for object in all() {
        assert!(object["metadata"]["name"].as_str().is_some_and(is_dns_label), "{}", title(&object));
    }
}

#[test]
fn every_object_but_the_namespace_says_where_it_belongs() {
    for object in all() {
        let namespaced = object["metadata"]["namespace"].is_string();
        assert_eq!(namespaced, object["kind"] != "Namespace", "{}", title(&object));
    }
}

#[test]
fn the_objects_of_a_run_carry_its_name_and_the_lasting_ones_none() {
    for object in all() {
        let of_run = ["pgdata-", "sizing-", "restore-", "postgres-", "repository-"]
            .iter()
            .any(|prefix| object["metadata"]["name"].as_str().unwrap().starts_with(prefix))
            && object["kind"] != "Namespace"
            && object["metadata"]["name"] != "postgres-superuser";
        assert_eq!(object["metadata"]["labels"][labels::RUN].is_string(), of_run, "{}", title(&object));
    }
}

fn pairs(labels: &Value) -> BTreeSet<(String, String)> {
    let labels = labels.as_object().unwrap();
    labels.iter().map(|(key, value)| (key.clone(), value.as_str().unwrap().to_owned())).collect()
}

#[test]
fn every_selector_finds_the_pods_it_means() {
    let objects = all();
    for deployment in of_kind(&objects, "Deployment") {
        let pod = pairs(&deployment["spec"]["template"]["metadata"]["labels"]);
        assert!(pairs(&deployment["spec"]["selector"]["matchLabels"]).is_subset(&pod));
        for service in of_kind(&objects, "Service") {
            assert!(pairs(&service["spec"]["selector"]).is_subset(&pod));
        }
    }
}

#[test]
fn no_selector_holds_what_an_upgrade_changes() {
    let objects = all();
    for deployment in of_kind(&objects, "Deployment") {
        let selector = pairs(&deployment["spec"]["selector"]["matchLabels"]);
        assert!(!selector.iter().any(|(key, _)| key == app_labels::VERSION));
    }
}

#[test]
fn every_pod_is_isolated_by_a_policy_that_selects_it() {
    let objects = all();
    for (title, template) in templates(&objects) {
        let pod = pairs(&template["metadata"]["labels"]);
        let selecting = |policy: &&&Value| {
            let labels = &policy["spec"]["podSelector"]["matchLabels"];
            labels.is_null() || pairs(labels).is_subset(&pod)
        };
        let policies = of_kind(&objects, "NetworkPolicy");
        let types: BTreeSet<&str> = policies
            .iter()
            .filter(selecting)
            .flat_map(|policy| policy["spec"]["policyTypes"].as_array().unwrap())
            .map(|kind| kind.as_str().unwrap())
            .collect();
        assert_eq!(types, BTreeSet::from(["Egress", "Ingress"]), "{title}");
    }
}

#[test]
fn fault_g23_a_postgres_pod_may_go_nowhere() {
    let objects = all();
    for policy in of_kind(&objects, "NetworkPolicy") {
        let of_proxies = policy["spec"]["podSelector"]["matchLabels"][labels::PROXY_SIDECAR] == "true";
        assert_eq!(policy["spec"]["egress"].is_array(), of_proxies, "{}", title(policy));
    }
    for deployment in of_kind(&objects, "Deployment") {
        let labels = &deployment["spec"]["template"]["metadata"]["labels"];
        assert!(labels[labels::PROXY_SIDECAR].is_null(), "{}", title(deployment));
    }
}

#[test]
fn restore_pods_reach_the_operator_by_labels_that_name_it_alone() {
    let objects = all();
    let policies = of_kind(&objects, "NetworkPolicy");
    let egress = policies.iter().find_map(|policy| policy["spec"]["egress"].as_array()).unwrap();
    let peer = egress.iter().find(|rule| rule["ports"][0]["port"] == 9091).unwrap();
    let expected = OPERATOR_LABELS.map(|(key, value)| (key.to_owned(), value.to_owned()));
    assert_eq!(pairs(&peer["to"][0]["podSelector"]["matchLabels"]), BTreeSet::from(expected));
}
