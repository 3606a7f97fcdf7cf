//! Everything of a namespace that can be read: its objects, without Secrets, and what its containers said.

use anyhow::{Context, Result};

use crate::kubernetes::container_logs;
use crate::world::World;

/// Every kind the operator, or Kubernetes in its name, makes; Secrets are where secrets belong.
pub(super) const KINDS: &str = "pods,jobs,deployments,replicasets,services,endpointslices,serviceaccounts,configmaps,\
    persistentvolumeclaims,networkpolicies,roles,rolebindings,leases,events";

/// A text and where it is from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// For people.
    pub place: String,
    /// The text.
    pub text: String,
}

/// The objects and logs of each of the namespaces that is there, and the namespaces themselves.
pub async fn cluster_texts(world: &World, namespaces: impl Iterator<Item = String>) -> Result<Vec<Text>> {
    let mut texts = Vec::new();
    for namespace in namespaces {
        let place = |what: &str| format!("{what} of {namespace}");
        let kubectl = || world.harness.cluster.kubectl().args(["get", "--output=yaml", "--ignore-not-found"]);
        let objects = kubectl().args([KINDS, "--namespace", &namespace]).output().await;
        texts.push(Text { place: place("objects"), text: objects.context("failed to read objects")? });
        let own = kubectl().args(["namespace", &namespace]).output().await?;
        texts.push(Text { place: place("the Namespace"), text: own });
        let logs = container_logs(&world.client, &namespace).await?;
        texts.extend(
            logs.into_iter()
                .map(|(container, text)| Text { place: place(&format!("log {container}")), text }),
        );
    }
    Ok(texts)
}
