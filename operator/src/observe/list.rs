//! Lists of everything that is ours, over all namespaces.

use super::ours;
use contract::names::NamespaceName;
use k8s_openapi::{
    NamespaceResourceScope,
    api::{
        apps::v1::Deployment,
        batch::v1::Job,
        core::v1::{Namespace, PersistentVolumeClaim, Pod, Service},
    },
};
use kube::{Api, Client, Resource, api::ListParams};
use serde::de::DeserializeOwned;
use std::{fmt::Debug, time::Duration};

/// Longest time all lists together may take.
const DEADLINE: Duration = Duration::from_secs(30);

/// Objects per answer: large fleets are read in pages.
const PAGE: u32 = 500;

/// Everything that carries our label, as the API server gave it.
#[derive(Debug, Clone, Default)]
pub struct ClusterView {
    /// Namespaces.
    pub namespaces: Vec<Namespace>,
    /// Volume claims.
    pub claims: Vec<PersistentVolumeClaim>,
    /// Jobs.
    pub jobs: Vec<Job>,
    /// Deployments.
    pub deployments: Vec<Deployment>,
    /// Pods.
    pub pods: Vec<Pod>,
    /// Services.
    pub services: Vec<Service>,
}

/// The cluster could not be read whole; nothing is decided on a part of it.
#[derive(Debug, thiserror::Error)]
pub enum ListError {
    /// The API server refused or broke off.
    #[error(
        "failed to list the {kind}s of all replicas; check the operator's ClusterRole and the API server"
    )]
    List {
        /// What was listed.
        kind: String,
        /// What the API server said.
        source: kube::Error,
    },
    /// It took too long.
    #[error("failed to list all replicas within {} s", DEADLINE.as_secs())]
    Timeout,
}

/// Reads everything of the installation `home`, or fails as a whole.
pub async fn list(client: &Client, home: &NamespaceName) -> Result<ClusterView, ListError> {
    tokio::time::timeout(DEADLINE, view(client, &ours(home))).await.map_err(|_| ListError::Timeout)?
}

/// Namespaces come last: an object made in between belongs to a namespace that is then known, too.
async fn view(client: &Client, ours: &str) -> Result<ClusterView, ListError> {
    let (claims, jobs, deployments, pods, services) = tokio::try_join!(
        in_all_namespaces(client, ours),
        in_all_namespaces(client, ours),
        in_all_namespaces(client, ours),
        in_all_namespaces(client, ours),
        in_all_namespaces(client, ours),
    )?;
    let namespaces = paged(&Api::<Namespace>::all(client.clone()), ours).await?;
    Ok(ClusterView { namespaces, claims, jobs, deployments, pods, services })
}

async fn in_all_namespaces<K>(client: &Client, ours: &str) -> Result<Vec<K>, ListError>
where
    K: Resource<DynamicType = (), Scope = NamespaceResourceScope> + Clone + DeserializeOwned + Debug,
{
    paged(&Api::<K>::all(client.clone()), ours).await
}

async fn paged<K>(api: &Api<K>, ours: &str) -> Result<Vec<K>, ListError>
where
    K: Resource<DynamicType = ()> + Clone + DeserializeOwned + Debug,
{
    let mut items = Vec::new();
    let mut params = ListParams::default().labels(ours).limit(PAGE);
    loop {
        let page = api
            .list(&params)
            .await
            .map_err(|source| ListError::List { kind: K::kind(&()).into_owned(), source })?;
        items.extend(page.items);
        match page.metadata.continue_.filter(|token| !token.is_empty()) {
            Some(token) => params = params.continue_token(&token),
            None => return Ok(items),
        }
    }
}
