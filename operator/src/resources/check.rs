//! Rules over every object the operator can make, after kube-linter, Polaris and the NSA's hardening guide.
//!
//! They look at what is sent to the API server, not at our types, so that a new builder is covered by being made.

mod metadata;
mod pods;
mod secrets;

use super::fixtures;
use contract::ids::Intent;
use serde_json::Value;

/// Every object of every intent at every kind of site.
fn all() -> Vec<Value> {
    let sites = [fixtures::site(), fixtures::look_alike_site()];
    let objects = |site| Intent::ALL.into_iter().flat_map(move |intent| fixtures::every_object(site, intent));
    sites.iter().flat_map(objects).collect()
}

/// What an object is called in a failed assertion.
fn title(object: &Value) -> String {
    let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str).unwrap_or("?").to_owned();
    format!("{} {}", text("/kind"), text("/metadata/name"))
}

fn of_kind<'a>(objects: &'a [Value], kind: &str) -> Vec<&'a Value> {
    objects.iter().filter(|object| object["kind"] == kind).collect()
}

/// Every pod template with the title of the object it is in.
fn templates(objects: &[Value]) -> Vec<(String, &Value)> {
    objects.iter().filter_map(|object| Some((title(object), object.pointer("/spec/template")?))).collect()
}

/// Every container of a pod template, init containers and sidecars included.
fn containers(template: &Value) -> Vec<&Value> {
    let list = |key: &str| template["spec"][key].as_array().into_iter().flatten();
    list("initContainers").chain(list("containers")).collect()
}

#[test]
fn the_rules_see_every_kind_and_every_container() {
    let objects = all();
    for kind in
        ["ConfigMap", "Deployment", "Job", "Namespace", "NetworkPolicy", "PersistentVolumeClaim", "Secret"]
    {
        assert!(!of_kind(&objects, kind).is_empty(), "{kind}");
    }
    let count = |kind| containers(&of_kind(&objects, kind)[0]["spec"]["template"]).len();
    assert_eq!((count("Job"), count("Deployment")), (3, 3));
}
