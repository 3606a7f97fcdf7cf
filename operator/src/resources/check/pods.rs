//! What a pod of ours may and may not.

use super::{all, containers, of_kind, templates};
use crate::resources::{fixtures, restore_job};
use contract::ids::Intent;
use serde_json::{Value, json};

/// Volumes that Pod Security `restricted` lets in.
const VOLUMES: [&str; 5] = ["configMap", "emptyDir", "persistentVolumeClaim", "projected", "secret"];

/// The value at `pointer` of every pod template, which has to be `expected`.
fn assert_every_pod(pointer: &str, expected: &Value) {
    for (title, template) in templates(&all()) {
        assert_eq!(template["spec"].pointer(pointer), Some(expected), "{title}: {pointer}");
    }
}

/// The value at `pointer` of every container, which has to be `expected`.
fn assert_every_container(pointer: &str, expected: &Value) {
    for (title, template) in templates(&all()) {
        for container in containers(template) {
            assert_eq!(
                container.pointer(pointer),
                Some(expected),
                "{title} {}: {pointer}",
                container["name"]
            );
        }
    }
}

#[test]
fn every_pod_runs_as_one_user_that_is_not_root() {
    assert_every_pod("/securityContext/runAsNonRoot", &json!(true));
    for key in ["runAsUser", "runAsGroup", "fsGroup"] {
        assert_every_pod(&format!("/securityContext/{key}"), &json!(999));
    }
}

#[test]
fn every_container_is_restricted_by_itself() {
    assert_every_container("/securityContext/runAsNonRoot", &json!(true));
    assert_every_container("/securityContext/allowPrivilegeEscalation", &json!(false));
    assert_every_container("/securityContext/capabilities/drop", &json!(["ALL"]));
    assert_every_container("/securityContext/seccompProfile/type", &json!("RuntimeDefault"));
    assert_every_pod("/securityContext/seccompProfile/type", &json!("RuntimeDefault"));
}

#[test]
fn no_container_writes_to_its_image() {
    assert_every_container("/securityContext/readOnlyRootFilesystem", &json!(true));
}

#[test]
fn no_pod_shares_anything_with_its_node() {
    for (title, template) in templates(&all()) {
        for key in ["hostNetwork", "hostPID", "hostIPC", "hostAliases", "nodeName"] {
            assert!(template["spec"][key].is_null(), "{title}: {key}");
        }
        for volume in template["spec"]["volumes"].as_array().unwrap() {
            let kinds: Vec<&String> =
                volume.as_object().unwrap().keys().filter(|key| *key != "name").collect();
            assert!(kinds.iter().all(|kind| VOLUMES.contains(&kind.as_str())), "{title}: {volume}");
        }
    }
}

#[test]
fn no_pod_holds_a_token_for_the_api_server() {
    assert_every_pod("/automountServiceAccountToken", &json!(false));
    assert_every_pod("/enableServiceLinks", &json!(false));
    assert_every_pod("/serviceAccountName", &json!("restore"));
    for account in of_kind(&all(), "ServiceAccount") {
        assert_eq!(account["automountServiceAccountToken"], json!(false));
    }
}

#[test]
fn the_brokers_token_is_mounted_into_the_sidecar_alone() {
    for (title, template) in templates(&all()) {
        let holders: Vec<&Value> = containers(template)
            .into_iter()
            .filter(|container| container["volumeMounts"].to_string().contains("broker-token"))
            .map(|container| &container["name"])
            .collect();
        let expected: &[&str] = if title.starts_with("Job") { &["canopy-proxy"] } else { &[] };
        assert_eq!(holders, expected, "{title}");
    }
}

#[test]
fn every_mount_is_a_volume_of_its_pod_and_every_volume_is_mounted() {
    for (title, template) in templates(&all()) {
        let name = |item: &Value| item["name"].as_str().unwrap().to_owned();
        let mut volumes: Vec<String> =
            template["spec"]["volumes"].as_array().unwrap().iter().map(name).collect();
        let mounts = |container: &&Value| container["volumeMounts"].as_array().cloned().unwrap();
        let mut mounted: Vec<String> =
            containers(template).iter().flat_map(mounts).map(|mount| name(&mount)).collect();
        volumes.sort();
        mounted.sort();
        mounted.dedup();
        assert_eq!(volumes, mounted, "{title}");
    }
}

#[test]
fn fault_e10_every_scratch_directory_is_bounded() {
    for (title, template) in templates(&all()) {
        for volume in template["spec"]["volumes"].as_array().unwrap() {
            let empty_dir = &volume["emptyDir"];
            assert!(empty_dir.is_null() || empty_dir["sizeLimit"].is_string(), "{title}: {volume}");
        }
    }
}

#[test]
fn every_container_has_its_memory_and_no_cpu_limit() {
    for (title, template) in templates(&all()) {
        for container in containers(template) {
            let resources = &container["resources"];
            assert!(resources["requests"]["memory"].is_string(), "{title}: {container}");
            assert_eq!(resources["requests"]["memory"], resources["limits"]["memory"], "{title}");
            assert!(resources["requests"]["cpu"].is_string(), "{title}");
            assert!(resources["limits"]["cpu"].is_null(), "{title}");
        }
    }
}

#[test]
fn fault_g24_no_image_is_left_to_chance() {
    for (title, template) in templates(&all()) {
        for container in containers(template) {
            let image = container["image"].as_str().unwrap();
            let tag = image.rsplit('/').next().unwrap().split_once(':').map(|(_, tag)| tag);
            assert!(tag.is_some_and(|tag| tag != "latest"), "{title}: {image}");
        }
    }
    assert_every_container("/imagePullPolicy", &json!("IfNotPresent"));
}

#[test]
fn no_container_starts_a_shell() {
    for (title, template) in templates(&all()) {
        for container in containers(template) {
            let program = container["command"][0].as_str().unwrap();
            assert!(!program.ends_with("sh"), "{title}: {program}");
            assert!(container["args"].is_null(), "{title}: one argv, in one place");
        }
    }
}

#[test]
fn the_only_sidecar_is_the_proxy_and_it_starts_before_kopia() {
    let job = fixtures::json(restore_job(&fixtures::site(), &fixtures::restore_order(Intent::Verify)));
    let init = job.pointer("/spec/template/spec/initContainers").unwrap().as_array().unwrap();
    let sidecars: Vec<&Value> = init.iter().filter(|c| c["restartPolicy"] == "Always").collect();
    assert_eq!(sidecars.len(), 1);
    assert_eq!(sidecars[0]["name"], "canopy-proxy");
    assert_eq!(sidecars[0]["startupProbe"]["exec"]["command"], json!(["/usr/bin/canopy-proxy", "ready"]));
}

#[test]
fn fault_a23_a_job_is_tried_once_ends_in_time_and_what_holds_data_is_not_removed_by_the_cluster() {
    for job in of_kind(&all(), "Job") {
        let sizes = job["metadata"]["name"].as_str().unwrap().starts_with("sizing-");
        let (deadline, kept) = if sizes { (1_800, json!(600)) } else { (14_400, Value::Null) };
        assert_eq!(job["spec"]["backoffLimit"], 0);
        assert_eq!(job["spec"]["activeDeadlineSeconds"], deadline);
        assert_eq!(job["spec"].get("ttlSecondsAfterFinished").unwrap_or(&Value::Null), &kept);
        assert_eq!(job["spec"]["template"]["spec"]["restartPolicy"], "Never");
        assert_eq!(job["spec"]["template"]["metadata"]["labels"]["pgro.bes.au/proxy-sidecar"], "true");
    }
}

#[test]
fn two_postmasters_on_one_volume_are_impossible() {
    for deployment in of_kind(&all(), "Deployment") {
        assert_eq!(deployment["spec"]["replicas"], 1);
        assert_eq!(deployment["spec"]["strategy"], json!({"type": "Recreate"}));
    }
}

#[test]
fn a_recovering_server_is_given_its_time_and_never_killed_by_a_probe_after_it() {
    for deployment in of_kind(&all(), "Deployment") {
        let server = &deployment["spec"]["template"]["spec"]["containers"][0];
        let number = |key: &str| server["startupProbe"][key].as_u64().unwrap();
        assert_eq!(number("periodSeconds") * number("failureThreshold"), 1_800);
        assert!(server["readinessProbe"].is_object());
        assert!(server["livenessProbe"].is_null());
    }
}
