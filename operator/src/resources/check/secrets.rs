//! Where secrets are, and where they are not.

use super::{all, containers, of_kind, templates, title};
use crate::resources::fixtures::CANARY;
use contract::env::{ANALYTICS_PASSWORD, REPOSITORY_PASSWORD, SUPERUSER_PASSWORD};
use serde_json::Value;

const PASSWORDS: [&str; 3] = [REPOSITORY_PASSWORD, SUPERUSER_PASSWORD, ANALYTICS_PASSWORD];

/// The canary as it stands in `data` of a Secret.
fn encoded() -> String {
    use base64::{Engine, prelude::BASE64_STANDARD};
    BASE64_STANDARD.encode(CANARY)
}

#[test]
fn fault_g6_a_secret_stands_in_secrets_and_nowhere_else() {
    let encoded = encoded();
    for object in all() {
        let text = object.to_string();
        let is_secret = object["kind"] == "Secret";
        assert_eq!(text.contains(&encoded), is_secret, "{}", title(&object));
        assert!(!text.contains(CANARY), "{}", title(&object));
    }
}

#[test]
fn no_variable_that_holds_a_password_has_a_value_in_the_manifest() {
    for (title, template) in templates(&all()) {
        let env =
            containers(template).into_iter().filter_map(|container| container["env"].as_array()).flatten();
        for var in env {
            let name = var["name"].as_str().unwrap();
            let secretive = name.contains("PASSWORD") || name.contains("SECRET") || name.ends_with("_TOKEN");
            assert_eq!(var["value"].is_null(), secretive, "{title}: {name}");
        }
    }
}

/// Names of the containers that are given `variable`.
fn holders<'a>(template: &'a Value, variable: &str) -> Vec<&'a str> {
    let given = |container: &&Value| {
        container["env"].as_array().into_iter().flatten().any(|var| var["name"] == variable)
    };
    containers(template)
        .into_iter()
        .filter(given)
        .map(|container| container["name"].as_str().unwrap())
        .collect()
}

#[test]
fn each_password_is_given_to_the_one_container_that_needs_it() {
    for (title, template) in templates(&all()) {
        let [repository, superuser, analytics] = PASSWORDS.map(|name| holders(template, name));
        let expected: [&[&str]; 3] = if title.starts_with("Job sizing-") {
            [&["sizing"], &[], &[]]
        } else if title.starts_with("Job") {
            [&["restore"], &[], &[]]
        } else {
            [&[], &["prepare"], &["prepare"]]
        };
        assert_eq!([repository, superuser, analytics], expected, "{title}");
    }
}

#[test]
fn every_secret_that_is_referred_to_is_made_with_that_key() {
    let objects = all();
    let secrets = of_kind(&objects, "Secret");
    for (title, template) in templates(&objects) {
        for container in containers(template) {
            for var in container["env"].as_array().into_iter().flatten() {
                let Some(wanted) = var.pointer("/valueFrom/secretKeyRef") else { continue };
                let found = secrets.iter().any(|secret| {
                    secret["metadata"]["name"] == wanted["name"]
                        && secret["data"][wanted["key"].as_str().unwrap()].is_string()
                });
                assert!(found, "{title}: {wanted}");
            }
        }
    }
}
