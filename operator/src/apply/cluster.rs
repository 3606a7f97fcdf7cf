//! The few ways in which the cluster is written to, each safe to be done twice, and too late.
//!
//! Objects of a run are created under names that depend on the run alone: who finds one there already checks that it
//! is ours and goes on. What must change in place is applied server-side, over the very version that was read.
//! Deletes name the very object they mean. Nothing is sent once another operator may lead.

mod error;
mod objects;

pub use error::ClusterError;

use super::Applied;
use crate::{
    lead::Term,
    model::{Owner, Record},
    observe::Index,
};
use contract::names::NamespaceName;
use k8s_openapi::api::core::v1::Namespace;
use kube::{
    Api, Client, Error, Resource, ResourceExt,
    api::{DeleteParams, Patch, PatchParams, Preconditions},
};
use serde_json::json;

/// The name under which fields are owned.
const FIELD_MANAGER: &str = "pgro-operator";

type Result<T, E = ClusterError> = std::result::Result<T, E>;

/// The cluster, to be written to.
#[derive(Clone)]
pub struct Cluster {
    client: Client,
    home: NamespaceName,
    index: Index,
    term: Term,
}

impl Cluster {
    /// Through `client`, for the installation that lives in `home`, as long as `term` is current; `index` is told what
    /// is written.
    pub fn new(client: Client, home: NamespaceName, index: Index, term: Term) -> Self {
        Self { client, home, index, term }
    }

    /// Creates the namespace of a replica, or finds that it was created before.
    pub(super) async fn create_namespace(&self, object: &Namespace) -> Result<()> {
        self.create_with(&self.namespaces(), object).await.map(|created| self.index.wrote(&created))
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
        let (api, patch) = (self.namespaces(), Patch::Merge(patch));
        let written = api.patch(namespace.as_str(), &params, &patch);
        let written = self.write("write the record of", title(namespace), written).await;
        unless_stale(written.map(|written| self.index.wrote(&written)))
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
        let api = self.namespaces();
        let deleted = self.write("delete", title(namespace), api.delete(namespace.as_str(), &params)).await;
        unless_stale(deleted.map(|deleted| self.gone(namespace, namespace.as_str(), deleted.left())))
    }

    /// Whether the namespace is what was read, by a read that no cache answers. One that is not is waited for: nothing
    /// is decided there until it is seen.
    pub(super) async fn is_still(&self, namespace: &NamespaceName, owner: &Owner) -> Result<bool> {
        let api = self.namespaces();
        let found = self.read("get", title(namespace), api.get_opt(namespace.as_str())).await?;
        let Some(found) = found else { return Ok(false) };
        let (uid, version) = (found.uid(), found.resource_version());
        let same = uid.as_ref() == Some(&owner.uid) && version.as_ref() == Some(&owner.resource_version);
        if !same {
            self.index.wrote(&found);
        }
        Ok(same)
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

    fn namespaces(&self) -> Api<Namespace> {
        Api::all(self.client.clone())
    }

    /// Sends a write, unless another operator may lead by now.
    async fn write<T>(
        &self,
        verb: &'static str,
        object: String,
        call: impl Future<Output = Result<T, Error>>,
    ) -> Result<T> {
        match self.term.call(call).await {
            Ok(answer) => {
                answer.map_err(|source| ClusterError::Call { verb, object, source: Box::new(source) })
            }
            Err(source) => Err(ClusterError::Late { verb, object, source }),
        }
    }

    async fn read<T>(
        &self,
        verb: &'static str,
        object: String,
        call: impl Future<Output = Result<T, Error>>,
    ) -> Result<T> {
        call.await.map_err(|source| ClusterError::Call { verb, object, source: Box::new(source) })
    }
}

fn unless_stale(result: Result<()>) -> Result<Applied> {
    match result {
        Ok(()) => Ok(Applied::Done),
        Err(error) if error.is_overtaken() => Ok(Applied::Stale),
        Err(error) => Err(error),
    }
}

fn title(namespace: &NamespaceName) -> String {
    format!("namespace {namespace}")
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
