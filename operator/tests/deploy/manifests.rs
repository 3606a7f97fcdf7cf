//! Names, ports, labels and variables that the code relies on, as `deploy/` writes them.

use crate::{every_manifest, texts, the};
use contract::names::labels::PROXY_SIDECAR;
use operator::{args::variables, resources::OPERATOR_LABELS};
use serde_json::{Value, json};

const VERSION: &str = env!("CARGO_PKG_VERSION");

fn deployment() -> Value {
    the("Deployment", "base/deployment.yaml")
}

/// Every container in base and overlays, with the file it is in.
fn containers() -> Vec<(String, Value)> {
    let in_pod = |(file, doc): (String, Value)| {
        let list = doc.pointer("/spec/template/spec/containers").and_then(Value::as_array).cloned();
        list.unwrap_or_default().into_iter().map(move |container| (file.clone(), container))
    };
    every_manifest().into_iter().flat_map(in_pod).collect()
}

#[test]
fn replicas_find_the_operators_pods_by_the_labels_they_carry() {
    for (key, value) in OPERATOR_LABELS {
        assert_eq!(deployment()["spec"]["template"]["metadata"]["labels"][key], value);
    }
}

#[test]
fn the_service_leads_to_the_operators_ports_under_the_names_it_assumes() {
    let service = the("Service", "base/service.yaml");
    let ports = |list: &Value| -> Vec<(String, u64)> {
        let number = |port: &Value| port["port"].as_u64().or(port["containerPort"].as_u64()).unwrap();
        list.as_array()
            .unwrap()
            .iter()
            .map(|port| (port["name"].as_str().unwrap().to_owned(), number(port)))
            .collect()
    };
    let expected = [("http".to_owned(), 8080), ("broker".to_owned(), 9091)];
    assert_eq!(ports(&service["spec"]["ports"]), expected);
    assert_eq!(ports(&deployment()["spec"]["template"]["spec"]["containers"][0]["ports"]), expected);
    assert_eq!(service["spec"]["selector"], deployment()["spec"]["selector"]["matchLabels"]);
    assert_eq!(service["metadata"]["name"], variables::OPERATOR_SERVICE_NAME.default.unwrap());
}

#[test]
fn the_operator_lives_where_its_defaults_say_and_there_alone() {
    let home = variables::OPERATOR_NAMESPACE.default.unwrap();
    assert_eq!(the("Namespace", "base/namespace.yaml")["metadata"]["name"], home);
    for (file, doc) in every_manifest() {
        let namespace = &doc["metadata"]["namespace"];
        assert!(namespace.is_null() || namespace == home, "{file}");
    }
}

/// What the C library's allocator reads, as mallopt(3) tells.
const ALLOCATORS: [&str; 4] =
    ["MALLOC_ARENA_MAX", "MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_", "MALLOC_TOP_PAD_"];

#[test]
fn every_variable_the_operator_is_given_is_one_it_reads() {
    for (file, container) in containers().into_iter().filter(|(_, container)| container["name"] == "operator")
    {
        for var in container["env"].as_array().unwrap() {
            let known = variables::ALL.iter().any(|variable| var["name"] == variable.name);
            let of_the_allocator = ALLOCATORS.iter().any(|name| var["name"] == *name);
            assert!(known || of_the_allocator, "{file}: {}", var["name"]);
        }
    }
}

#[test]
fn the_manifests_are_of_this_version() {
    let image = &deployment()["spec"]["template"]["spec"]["containers"][0]["image"];
    assert_eq!(image, &json!(format!("pgro:{VERSION}")));
    let base = the("Kustomization", "base/kustomization.yaml");
    assert_eq!(base["labels"][0]["pairs"]["app.kubernetes.io/version"], VERSION);
    let production = the("Kustomization", "overlays/production/kustomization.yaml");
    assert_eq!(production["images"][0]["newTag"], VERSION);
}

#[test]
fn credentials_are_asked_for_by_restore_pods_alone() {
    let policy = the("NetworkPolicy", "base/network-policies.yaml");
    let ingress = policy["spec"]["ingress"].as_array().unwrap();
    let rules: Vec<&Value> = ingress.iter().filter(|rule| rule["ports"][0]["port"] == 9091).collect();
    assert_eq!(rules.len(), 1);
    let peers = json!([{"namespaceSelector": {}, "podSelector": {"matchLabels": {PROXY_SIDECAR: "true"}}}]);
    assert_eq!(rules[0]["from"], peers);
    assert_eq!(policy["spec"]["podSelector"]["matchLabels"], deployment()["spec"]["selector"]["matchLabels"]);
}

#[test]
fn pod_security_is_restricted_at_home_too() {
    let namespace = the("Namespace", "base/namespace.yaml");
    assert_eq!(namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"], "restricted");
    for (file, container) in containers().into_iter().filter(|(_, container)| container["image"].is_string())
    {
        let security = &container["securityContext"];
        assert_eq!(security["runAsNonRoot"], true, "{file}");
        assert_eq!(security["allowPrivilegeEscalation"], false, "{file}");
        assert_eq!(security["readOnlyRootFilesystem"], true, "{file}");
        assert_eq!(security["capabilities"], json!({"drop": ["ALL"]}), "{file}");
        assert_eq!(security["seccompProfile"], json!({"type": "RuntimeDefault"}), "{file}");
    }
}

#[test]
fn every_container_is_bounded_and_every_image_has_a_tag_that_stays() {
    for (file, container) in containers().into_iter().filter(|(_, container)| container["image"].is_string())
    {
        let resources = &container["resources"];
        assert!(resources["limits"]["memory"].is_string(), "{file}");
        assert_eq!(resources["requests"]["memory"], resources["limits"]["memory"], "{file}");
        let image = container["image"].as_str().unwrap();
        assert!(image.contains(':') && !image.ends_with(":latest"), "{file}: {image}");
    }
}

#[test]
fn no_secret_stands_in_a_manifest() {
    for (file, doc) in every_manifest() {
        assert!(doc["data"].is_null() && doc["stringData"].is_null(), "{file}");
    }
    for (file, container) in containers() {
        for var in container["env"].as_array().into_iter().flatten() {
            let name = var["name"].as_str().unwrap();
            let secretive = name.contains("KEY") && !name.contains("SECRET");
            assert!(!secretive || var["valueFrom"]["secretKeyRef"].is_object(), "{file}: {name}");
        }
    }
}

#[test]
fn there_is_a_second_operator_elsewhere_and_never_none() {
    let spec = &deployment()["spec"];
    assert_eq!(
        (&spec["replicas"], &spec["strategy"]["rollingUpdate"]["maxUnavailable"]),
        (&json!(2), &json!(0))
    );
    let budget = &the("PodDisruptionBudget", "base/pod-disruption-budget.yaml")["spec"];
    assert_eq!(budget["maxUnavailable"], 1);
    assert_eq!(budget["selector"], spec["selector"]);
    for spread in spec["template"]["spec"]["topologySpreadConstraints"].as_array().unwrap() {
        assert_eq!(spread["labelSelector"], spec["selector"]);
        assert_eq!(spread["whenUnsatisfiable"], "ScheduleAnyway", "a cluster of one node must do");
    }
}

#[test]
fn every_resource_of_the_base_is_in_its_kustomization() {
    let base = the("Kustomization", "base/kustomization.yaml");
    for (file, _) in every_manifest().into_iter().filter(|(file, _)| file.starts_with("base/")) {
        let listed = texts(&base["resources"]).contains(&file.trim_start_matches("base/"));
        assert!(listed, "{file} is applied by nobody");
    }
}

#[test]
fn no_two_operators_are_the_same_node_of_the_tailnet() {
    let sidecar = containers().into_iter().find(|(_, container)| container["name"] == "tailscale").unwrap().1;
    let env = sidecar["env"].as_array().unwrap();
    let state = env.iter().find(|var| var["name"] == "TS_KUBE_SECRET").unwrap();
    assert_eq!(state["value"], "", "a state that is kept would be shared");
}
