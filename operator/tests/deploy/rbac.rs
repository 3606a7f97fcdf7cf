//! Rights: the table in the code and the roles in `deploy/`, verb by verb.

use crate::{documents, texts, the};
use operator::{
    lead::LEASE,
    rbac::{CLUSTER, HOME, Rule},
};
use serde_json::Value;
use std::collections::BTreeSet;

const FILE: &str = "base/rbac.yaml";

/// One verb on one kind.
type Right = (String, String, String);

fn right(group: &str, resource: &str, verb: &str) -> Right {
    (group.to_owned(), resource.to_owned(), verb.to_owned())
}

fn of_table(rules: &[Rule]) -> BTreeSet<Right> {
    let rights = |rule: &Rule| {
        rule.verbs.iter().map(|verb| right(rule.group, rule.resource, verb)).collect::<Vec<_>>()
    };
    rules.iter().flat_map(rights).collect()
}

fn of_role(role: &Value) -> BTreeSet<Right> {
    let mut all = BTreeSet::new();
    for rule in role["rules"].as_array().unwrap() {
        for group in texts(&rule["apiGroups"]) {
            for resource in texts(&rule["resources"]) {
                all.extend(texts(&rule["verbs"]).into_iter().map(|verb| right(group, resource, verb)));
            }
        }
    }
    all
}

fn assert_same(table: &[Rule], role: &Value) {
    let (used, granted) = (of_table(table), of_role(role));
    let missing: Vec<_> = used.difference(&granted).collect();
    let idle: Vec<_> = granted.difference(&used).collect();
    assert!(
        missing.is_empty() && idle.is_empty(),
        "used but not granted: {missing:?}; granted but not used: {idle:?}"
    );
}

#[test]
fn the_cluster_role_grants_what_the_operator_uses_and_no_more() {
    assert_same(CLUSTER, &the("ClusterRole", FILE));
}

#[test]
fn the_role_at_home_grants_what_the_operator_uses_and_no_more() {
    assert_same(HOME, &the("Role", FILE));
}

#[test]
fn of_all_leases_only_the_operators_own_is_read_and_changed() {
    let role = the("Role", FILE);
    let leases =
        role["rules"].as_array().unwrap().iter().filter(|rule| texts(&rule["resources"]) == ["leases"]);
    for rule in leases.filter(|rule| texts(&rule["verbs"]) != ["create"]) {
        assert_eq!(texts(&rule["resourceNames"]), [LEASE]);
    }
}

#[test]
fn every_role_is_bound_to_the_operators_account_alone() {
    for kind in ["ClusterRoleBinding", "RoleBinding"] {
        let binding = the(kind, FILE);
        let account = the("ServiceAccount", "base/service-account.yaml");
        let subjects = binding["subjects"].as_array().unwrap();
        assert_eq!(subjects.len(), 1);
        assert_eq!(subjects[0]["name"], account["metadata"]["name"]);
        assert_eq!(binding["roleRef"]["kind"], kind.trim_end_matches("Binding"));
        assert_eq!(binding["roleRef"]["name"], binding["metadata"]["name"]);
    }
}

#[test]
fn no_right_is_a_wildcard_or_a_way_to_more_rights() {
    let forbidden =
        ["*", "escalate", "bind", "impersonate", "pods/exec", "pods/attach", "roles", "clusterroles"];
    for role in documents(FILE).iter().filter(|doc| doc["rules"].is_array()) {
        for (group, resource, verb) in of_role(role) {
            let words = [group, resource, verb];
            assert!(!words.iter().any(|word| forbidden.contains(&word.as_str())), "{words:?}");
        }
    }
}

#[test]
fn each_kind_stands_once_in_the_table() {
    for table in [CLUSTER, HOME] {
        let kinds: BTreeSet<_> = table.iter().map(|rule| (rule.group, rule.resource)).collect();
        assert_eq!(kinds.len(), table.len());
        assert!(table.iter().all(|rule| !rule.because.is_empty()));
    }
}
