//! Pods: which there are, how often their containers were restarted, what they said.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use k8s_openapi::api::coordination::v1::Lease;
use k8s_openapi::api::core::v1::Pod;
use kube::api::{ListParams, LogParams};
use kube::{Api, Client, ResourceExt};

use super::SYSTEM;

/// By which the operator's pods agree on one.
const LEASE: &str = "pgro-operator";

/// How often each operator pod was restarted, by its UID; a pod that was replaced has another.
pub type Restarts = BTreeMap<String, i32>;

/// Pods of a namespace, all or those with the labels of `selector`.
pub async fn pods(client: &Client, namespace: &str, selector: &str) -> Result<Vec<Pod>> {
    let api = Api::<Pod>::namespaced(client.clone(), namespace);
    let list = api.list(&ListParams::default().labels(selector)).await;
    Ok(list.with_context(|| format!("failed to list the pods of {namespace}"))?.items)
}

/// What is in the operator's namespace is the operator; a pod on its way out, as after a rollout, is none any more.
pub async fn operator_restarts(client: &Client) -> Result<Restarts> {
    let count = |pod: &Pod| {
        let statuses = pod.status.as_ref().and_then(|status| status.container_statuses.clone());
        statuses.unwrap_or_default().iter().map(|status| status.restart_count).sum()
    };
    let pods = pods(client, SYSTEM, "").await?;
    let stay = pods.iter().filter(|pod| pod.metadata.deletion_timestamp.is_none());
    Ok(stay.map(|pod| (pod.uid().unwrap_or_default(), count(pod))).collect())
}

/// The pod of the operator that leads, when there is one that is ready and stays.
pub async fn operator_pod(client: &Client) -> Result<Option<Pod>> {
    let lease = Api::<Lease>::namespaced(client.clone(), SYSTEM).get_opt(LEASE).await;
    let lease = lease.context("failed to read the operator's Lease")?;
    let leads = |pod: &Pod| lease.as_ref().is_some_and(|lease| is_held_by(lease, &pod.name_any()));
    Ok(pods(client, SYSTEM, "").await?.into_iter().find(|pod| is_ready(pod) && leads(pod)))
}

/// A holder is called after its pod, with something random behind it.
fn is_held_by(lease: &Lease, pod: &str) -> bool {
    let holder = lease.spec.as_ref().and_then(|spec| spec.holder_identity.as_deref()).unwrap_or_default();
    holder.rsplit_once('_').is_some_and(|(name, _)| name == pod)
}

fn is_ready(pod: &Pod) -> bool {
    let conditions = pod.status.as_ref().and_then(|status| status.conditions.clone()).unwrap_or_default();
    let ready = conditions.iter().any(|condition| condition.type_ == "Ready" && condition.status == "True");
    ready && pod.metadata.deletion_timestamp.is_none()
}

/// What every container of every pod of a namespace said, by `<pod>/<container>`; containers that never ran, nothing.
pub async fn container_logs(client: &Client, namespace: &str) -> Result<BTreeMap<String, String>> {
    let api = Api::<Pod>::namespaced(client.clone(), namespace);
    let mut logs = BTreeMap::new();
    for pod in pods(client, namespace, "").await? {
        for container in container_names(&pod) {
            for previous in [false, true] {
                let params =
                    LogParams { container: Some(container.clone()), previous, ..LogParams::default() };
                if let Ok(text) = api.logs(&pod.name_any(), &params).await {
                    let when = if previous { " (before its restart)" } else { "" };
                    logs.insert(format!("{}/{container}{when}", pod.name_any()), text);
                }
            }
        }
    }
    Ok(logs)
}

fn container_names(pod: &Pod) -> Vec<String> {
    let Some(spec) = &pod.spec else { return Vec::new() };
    let inits = spec.init_containers.iter().flatten();
    inits.chain(&spec.containers).map(|container| container.name.clone()).collect()
}

#[cfg(test)]
mod tests {
    use k8s_openapi::api::core::v1::{Container, PodCondition, PodSpec, PodStatus};

    use super::*;

    #[test]
    fn a_ready_pod_that_is_being_deleted_does_not_count_as_ready() {
        let condition =
            PodCondition { type_: "Ready".into(), status: "True".into(), ..PodCondition::default() };
        let status = PodStatus { conditions: Some(vec![condition]), ..PodStatus::default() };
        let mut pod = Pod { status: Some(status), ..Pod::default() };
        assert!(is_ready(&pod));
        let deleted = k8s_openapi::apimachinery::pkg::apis::meta::v1::Time(crate::clock::now());
        pod.metadata.deletion_timestamp = Some(deleted);
        assert!(!is_ready(&pod));
    }

    #[test]
    fn the_leader_is_known_by_its_pods_name_and_no_other_that_begins_like_it() {
        let held = |holder: Option<&str>| {
            let mut lease = Lease::default();
            lease.spec.get_or_insert_default().holder_identity = holder.map(str::to_owned);
            is_held_by(&lease, "pgro-operator-5d9-abc")
        };
        assert!(held(Some("pgro-operator-5d9-abc_0a1b2c3d")));
        for other in [None, Some(""), Some("pgro-operator-5d9-abcd_0a1b2c3d"), Some("pgro-operator-5d9-abc")]
        {
            assert!(!held(other), "{other:?}");
        }
    }

    #[test]
    fn init_containers_have_logs_too() {
        let named = |name: &str| Container { name: name.into(), ..Container::default() };
        let spec = PodSpec {
            containers: vec![named("main")],
            init_containers: Some(vec![named("init")]),
            ..PodSpec::default()
        };
        let pod = Pod { spec: Some(spec), ..Pod::default() };
        assert_eq!(container_names(&pod), ["init", "main"]);
    }
}
