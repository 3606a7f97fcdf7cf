//! The cluster's API, as far as tests need it: a client, and the few questions asked again and again.
//!
//! Input: a kubeconfig. Output: answers. Must not: wait (that is `wait`), or know what is expected.

mod forward;
mod pods;
mod secrets;
mod state;
mod token;

use std::path::Path;

use anyhow::{Context, Result};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};

pub use forward::{Answer, get, post};
pub use pods::{Restarts, container_logs, operator_pod, operator_restarts, pods};
pub use secrets::{ensure_secret, secret_values};
pub use state::{annotation, annotations, deployment_is_available, events, namespace, patch_annotation};
pub use token::{TokenOf, token};

/// Namespace of the operator.
pub const SYSTEM: &str = "pgro-system";
/// Namespace of what stands around it.
pub const FURNITURE: &str = "pgro-e2e";

/// A client for the cluster of `kubeconfig`.
pub async fn client(kubeconfig: &Path) -> Result<Client> {
    stub_canopy::use_ring();
    let read = Kubeconfig::read_from(kubeconfig)
        .with_context(|| format!("failed to read {}", kubeconfig.display()))?;
    let config = Config::from_custom_kubeconfig(read, &KubeConfigOptions::default()).await?;
    Client::try_from(config).context("failed to make a Kubernetes client")
}
