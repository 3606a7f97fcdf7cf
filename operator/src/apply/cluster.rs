//! The few ways in which the cluster is written to, each safe to be done twice.
//!
//! Objects of a run are created under names that depend on the run alone: who finds one there already checks that it
//! is ours and goes on. What must change in place is applied server-side. Deletes name the very object they mean.

use super::Applied;
use crate::{
    model::{Owner, Record},
    observe::Index,
};
use contract::names::{NamespaceName, RunName, labels};
use k8s_openapi::{
    NamespaceResourceScope,
    api::{
        apps::v1::Deployment,
        batch::v1::Job,
        core::v1::{Namespace, PersistentVolumeClaim, Secret},
    },
};
use kube::{
    Api, Client, Error, Resource, ResourceExt,
    api::{DeleteParams, Patch, PatchParams, PostParams, Preconditions, PropagationPolicy},
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::json;
use std::fmt::Debug;

/// The name under which fields are owned.
const FIELD_MANAGER: &str = "pgro-operator";

/// A call to the API server that failed.
#[derive(Debug, thiserror::Error)]
pub enum ClusterError {
    /// It refused or did not answer.
    #[error("failed to {verb} {object}")]
    Call {
        /// What was attempted.
        verb: &'static str,
        /// On what.
        object: String,
        /// What the API server said.
        source: Error,
    },
    /// An object of that name exists and is somebody else's.
    #[error("failed to create {object}: it exists and {whose}; rename or delete it")]
    Foreign {
        /// Which.
        object: String,
        /// Whose it is, for people.
        whose: String,
    },
}

type Result<T, E = ClusterError> = std::result::Result<T, E>;

/// Kinds that live in a namespace.
pub(super) trait Kind:
    Resource<DynamicType = (), Scope = NamespaceResourceScope> + Serialize + DeserializeOwned + Clone + Debug
{
}

impl<K> Kind for K where
    K: Resource<DynamicType = (), Scope = NamespaceResourceScope>
        + Serialize
        + DeserializeOwned
        + Clone
        + Debug
{
}

/// The cluster, to be written to.
#[derive(Clone)]
pub struct Cluster {
    client: Client,
    home: NamespaceName,
    index: Index,
}

impl Cluster {
    /// Through `client`, for the installation that lives in `home`; `index` is told what is written.
    pub fn new(client: Client, home: NamespaceName, index: Index) -> Self {
        Self { client, home, index }
    }

    fn api<K: Kind>(&self, namespace: &str) -> Api<K> {
        Api::namespaced(self.client.clone(), namespace)
    }

    fn namespaces(&self) -> Api<Namespace> {
        Api::all(self.client.clone())
    }

    /// Creates `object`, or finds that it was created before.
    pub(super) async fn create<K: Kind>(&self, object: &K) -> Result<()> {
        let api = self.api::<K>(&object.namespace().unwrap_or_default());
        created(&api, object).await.map(|created| self.index.wrote(&created))
    }

    /// Creates the namespace of a replica, or finds that it was created before.
    pub(super) async fn create_namespace(&self, object: &Namespace) -> Result<()> {
        created(&self.namespaces(), object).await.map(|created| self.index.wrote(&created))
    }

    /// Brings `object` to what it says, fields of others untouched.
    pub(super) async fn apply<K: Kind>(&self, object: &K) -> Result<()> {
        let api = self.api::<K>(&object.namespace().unwrap_or_default());
        let params = PatchParams::apply(FIELD_MANAGER).force();
        let applied = api.patch(&object.name_any(), &params, &Patch::Apply(object)).await;
        applied.map(|applied| self.index.wrote(&applied)).map_err(|source| call("apply", object, source))
    }

    /// The object `name`.
    pub(super) async fn get<K: Kind>(&self, namespace: &NamespaceName, name: &str) -> Result<K> {
        let found = self.api::<K>(namespace.as_str()).get(name).await;
        found.map_err(|source| ClusterError::Call {
            verb: "get",
            object: format!("{} {namespace}/{name}", K::kind(&())),
            source,
        })
    }

    /// Writes the record, unless the namespace has changed since it was read.
    pub(super) async fn write_record(
        &self,
        namespace: &NamespaceName,
        owner: &Owner,
        record: &Record,
    ) -> Result<Applied> {
        let patch = json!({"metadata": {
            "uid": owner.uid,
            "resourceVersion": owner.resource_version,
            "annotations": record.to_annotations(),
        }});
        let params = PatchParams { field_manager: Some(FIELD_MANAGER.to_owned()), ..PatchParams::default() };
        let written = self.namespaces().patch(namespace.as_str(), &params, &Patch::Merge(patch)).await;
        unless_stale(written.map(|written| self.index.wrote(&written)), "write the record of", namespace)
    }

    /// Deletes the namespace, unless it has changed since it was read.
    pub(super) async fn delete_namespace(&self, namespace: &NamespaceName, owner: &Owner) -> Result<Applied> {
        let params = DeleteParams {
            preconditions: Some(Preconditions {
                uid: Some(owner.uid.clone()),
                resource_version: Some(owner.resource_version.clone()),
            }),
            ..DeleteParams::default()
        };
        let deleted = self.namespaces().delete(namespace.as_str(), &params).await;
        unless_stale(
            deleted.map(|deleted| self.gone(namespace, namespace.as_str(), deleted.left())),
            "delete",
            namespace,
        )
    }

    /// Deletes a run's objects: first what uses the volume, then the volume.
    pub(super) async fn remove_run(&self, namespace: &NamespaceName, run: &RunName) -> Result<()> {
        self.remove::<Deployment>(namespace, &run.deployment(), run).await?;
        self.remove::<Job>(namespace, &run.job(), run).await?;
        self.remove::<Secret>(namespace, &run.repository_secret(), run).await?;
        self.remove::<PersistentVolumeClaim>(namespace, &run.pvc(), run).await
    }

    /// Whether `object` is of our installation and of that run.
    fn is_of(&self, object: &impl ResourceExt, run: &RunName) -> bool {
        let label = |key| object.labels().get(key).map(String::as_str);
        label(labels::MANAGED_BY) == Some(labels::MANAGED_BY_VALUE)
            && label(labels::OWNER) == Some(self.home.as_str())
            && label(labels::RUN) == Some(run.as_str())
    }

    async fn remove<K: Kind>(&self, namespace: &NamespaceName, name: &str, run: &RunName) -> Result<()> {
        let api = self.api::<K>(namespace.as_str());
        let found = api.get_opt(name).await;
        let found = found.map_err(|source| ClusterError::Call {
            verb: "get",
            object: format!("{} {namespace}/{name}", K::kind(&())),
            source,
        })?;
        let meant = |object: &K| self.is_of(object, run) && object.meta().deletion_timestamp.is_none();
        let Some(object) = found.filter(meant) else { return Ok(()) };
        let params = DeleteParams {
            preconditions: Some(Preconditions { uid: object.uid(), resource_version: None }),
            propagation_policy: Some(PropagationPolicy::Background),
            ..DeleteParams::default()
        };
        match api.delete(name, &params).await {
            Err(Error::Api(status)) if status.is_not_found() || status.is_conflict() => Ok(()),
            deleted => deleted
                .map(|deleted| self.gone(namespace, name, deleted.left()))
                .map_err(|source| call("delete", &object, source)),
        }
    }

    /// A delete was answered: with the object where its end takes time, otherwise with a word.
    fn gone<K>(&self, namespace: &NamespaceName, name: &str, answer: Option<K>)
    where
        K: Resource<DynamicType = ()>,
    {
        match answer.filter(|object| object.meta().deletion_timestamp.is_some()) {
            Some(going) => self.index.wrote(&going),
            None => self.index.deleted::<K>(namespace, name),
        }
    }
}

async fn created<K>(api: &Api<K>, object: &K) -> Result<K>
where
    K: Resource<DynamicType = ()> + Serialize + DeserializeOwned + Clone + Debug,
{
    let params = PostParams { field_manager: Some(FIELD_MANAGER.to_owned()), ..PostParams::default() };
    match api.create(&params, object).await {
        Ok(created) => Ok(created),
        Err(Error::Api(status)) if status.is_already_exists() => {
            let found = api.get(&object.name_any()).await.map_err(|source| call("get", object, source))?;
            if is_same(&found, object) {
                Ok(found)
            } else {
                Err(ClusterError::Foreign { object: shown(object), whose: whose(&found, object) })
            }
        }
        Err(source) => Err(call("create", object, source)),
    }
}

/// Whether `found` is ours and belongs to the same replica as `meant`.
fn is_same(found: &impl ResourceExt, meant: &impl ResourceExt) -> bool {
    [labels::MANAGED_BY, labels::OWNER, labels::DECLARATION_ID, labels::SERVER]
        .into_iter()
        .all(|key| meant.labels().get(key).is_some() && found.labels().get(key) == meant.labels().get(key))
}

/// Whose an object is that stands where `meant` should.
fn whose(found: &impl ResourceExt, meant: &impl ResourceExt) -> String {
    match found.labels().get(labels::OWNER) {
        Some(owner) if Some(owner) != meant.labels().get(labels::OWNER) => {
            format!("belongs to the pgro in namespace {owner}")
        }
        _ => "does not carry our labels".to_owned(),
    }
}

fn unless_stale(result: Result<(), Error>, verb: &'static str, namespace: &NamespaceName) -> Result<Applied> {
    match result {
        Ok(()) => Ok(Applied::Done),
        Err(Error::Api(status)) if status.is_conflict() || status.is_not_found() => Ok(Applied::Stale),
        Err(source) => Err(ClusterError::Call { verb, object: format!("namespace {namespace}"), source }),
    }
}

fn call<K: Resource<DynamicType = ()>>(verb: &'static str, object: &K, source: Error) -> ClusterError {
    ClusterError::Call { verb, object: shown(object), source }
}

fn shown<K: Resource<DynamicType = ()>>(object: &K) -> String {
    let kind = K::kind(&());
    match object.meta().namespace.as_deref() {
        Some(namespace) => format!("{kind} {namespace}/{}", object.name_any()),
        None => format!("{kind} {}", object.name_any()),
    }
}

#[cfg(test)]
mod tests;
