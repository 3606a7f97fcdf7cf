//! Namespaces, their record, Deployments, events.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::{Event, Namespace};
use kube::api::{ListParams, Patch, PatchParams};
use kube::{Api, Client};

/// A namespace, if it is there.
pub async fn namespace(client: &Client, name: &str) -> Result<Option<Namespace>> {
    let found = Api::<Namespace>::all(client.clone()).get_opt(name).await;
    found.with_context(|| format!("failed to read namespace {name}"))
}

/// A namespace's annotations; none where there is no namespace.
pub async fn annotations(client: &Client, name: &str) -> Result<BTreeMap<String, String>> {
    Ok(namespace(client, name).await?.and_then(|found| found.metadata.annotations).unwrap_or_default())
}

/// One of a namespace's annotations.
pub async fn annotation(client: &Client, name: &str, key: &str) -> Result<Option<String>> {
    Ok(annotations(client, name).await?.remove(key))
}

/// Writes an annotation of a namespace, as a person with kubectl would.
pub async fn patch_annotation(client: &Client, name: &str, key: &str, value: &str) -> Result<()> {
    let patch = serde_json::json!({ "metadata": { "annotations": { key: value } } });
    let api = Api::<Namespace>::all(client.clone());
    api.patch(name, &PatchParams::default(), &Patch::Merge(patch))
        .await
        .map(drop)
        .with_context(|| format!("failed to annotate namespace {name}"))
}

/// Whether every pod a Deployment asks for is of its newest form and available.
pub async fn deployment_is_available(client: &Client, namespace: &str, name: &str) -> Result<bool> {
    let found = Api::<Deployment>::namespaced(client.clone(), namespace).get_opt(name).await?;
    Ok(found.is_some_and(|deployment| is_available(&deployment)))
}

fn is_available(deployment: &Deployment) -> bool {
    let wanted = deployment.spec.as_ref().and_then(|spec| spec.replicas).unwrap_or(1);
    deployment.status.as_ref().is_some_and(|status| {
        let all = |count: Option<i32>| count.unwrap_or(0) == wanted;
        status.observed_generation >= deployment.metadata.generation
            && all(status.updated_replicas)
            && all(status.available_replicas)
            && all(status.replicas)
    })
}

/// Events about anything in a namespace, or about the namespace itself, as `reason: note`.
pub async fn events(client: &Client, namespace: &str) -> Result<Vec<String>> {
    let all = Api::<Event>::all(client.clone()).list(&ListParams::default()).await?;
    let about = |event: &Event| {
        let object = &event.involved_object;
        object.namespace.as_deref() == Some(namespace) || object.name.as_deref() == Some(namespace)
    };
    let text =
        |event: Event| format!("{}: {}", event.reason.unwrap_or_default(), event.message.unwrap_or_default());
    Ok(all.items.into_iter().filter(about).map(text).collect())
}

#[cfg(test)]
mod tests {
    use k8s_openapi::api::apps::v1::{DeploymentSpec, DeploymentStatus};

    use super::*;

    fn deployment(generation: i64, observed: i64, updated: i32, all: i32) -> Deployment {
        let mut made = Deployment { spec: Some(DeploymentSpec::default()), ..Deployment::default() };
        made.metadata.generation = Some(generation);
        made.status = Some(DeploymentStatus {
            observed_generation: Some(observed),
            updated_replicas: Some(updated),
            available_replicas: Some(all),
            replicas: Some(all),
            ..DeploymentStatus::default()
        });
        made
    }

    #[test]
    fn a_deployment_is_available_when_its_newest_form_is() {
        assert!(is_available(&deployment(2, 2, 1, 1)));
    }

    #[test]
    fn what_an_older_form_had_does_not_count() {
        assert!(!is_available(&deployment(2, 1, 1, 1)), "not yet observed");
        assert!(!is_available(&deployment(2, 2, 0, 1)), "not yet updated");
        assert!(!is_available(&deployment(2, 2, 1, 2)), "the old pod still there");
    }
}
