//! Objects in a replica's namespace: created, applied, read, and removed with their run.

use super::{Applied, Cluster, ClusterError, FIELD_MANAGER, Result, shown};
use crate::model::{JobId, Owner};
use contract::names::{NamespaceName, RunName, labels};
use k8s_openapi::{
    NamespaceResourceScope,
    api::{
        apps::v1::Deployment,
        batch::v1::Job,
        core::v1::{PersistentVolumeClaim, Secret},
    },
};
use kube::{
    Api, Resource, ResourceExt,
    api::{DeleteParams, Patch, PatchParams, PostParams, Preconditions, PropagationPolicy},
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use std::fmt::Debug;

/// Kinds that live in a namespace.
pub(in crate::apply) trait Kind:
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

impl Cluster {
    fn api<K: Kind>(&self, namespace: &str) -> Api<K> {
        Api::namespaced(self.client.clone(), namespace)
    }

    fn api_of<K: Kind>(&self, object: &K) -> Api<K> {
        self.api(&object.namespace().unwrap_or_default())
    }

    /// Creates `object`, or finds that it was created before; what is there now.
    pub(in crate::apply) async fn create<K: Kind>(&self, object: &K) -> Result<K> {
        let created = self.create_with(&self.api_of(object), object).await?;
        self.index.wrote(&created);
        Ok(created)
    }

    /// The object as it was created now or before.
    pub(super) async fn create_with<K>(&self, api: &Api<K>, object: &K) -> Result<K>
    where
        K: Resource<DynamicType = ()> + Serialize + DeserializeOwned + Clone + Debug,
    {
        match self.post(api, object).await {
            Err(error) if error.is_taken() => {
                let name = object.name_any();
                let found = self.read("get", shown(object), api.get(&name)).await?;
                ours(&found, object).map(|()| found)
            }
            created => created,
        }
    }

    /// Brings `object` to what it says, fields of others untouched, unless it has changed since it is read here. One that
    /// says so already is left alone: a step that is taken again goes on where it was broken off.
    pub(in crate::apply) async fn apply<K: Kind>(&self, object: &K) -> Result<()> {
        let found = self.find(object).await?;
        self.apply_over(found.as_ref(), object).await
    }

    /// The same over what was `found` before; `object` may be made of that.
    pub(in crate::apply) async fn apply_over<K: Kind>(&self, found: Option<&K>, object: &K) -> Result<()> {
        let (api, name) = (self.api_of(object), object.name_any());
        let applied = match found {
            None => self.post(&api, object).await,
            Some(found) => {
                if says(&json!(found), &json!(object)) {
                    self.index.wrote(found);
                    return Ok(());
                }
                let patch = Patch::Apply(over(found, object));
                let params = PatchParams::apply(FIELD_MANAGER).force();
                self.write("apply", shown(object), api.patch(&name, &params, &patch)).await
            }
        };
        applied.map(|applied| self.index.wrote(&applied)).map_err(|error| match error {
            error if error.is_overtaken() || error.is_taken() => {
                ClusterError::Stale { verb: "apply", object: shown(object) }
            }
            error => error,
        })
    }

    /// What stands where `meant` does or should, if anything: an error unless it is ours and of the same replica.
    pub(in crate::apply) async fn find<K: Kind>(&self, meant: &K) -> Result<Option<K>> {
        let (api, name) = (self.api_of(meant), meant.name_any());
        let found = self.read("get", shown(meant), api.get_opt(&name)).await?;
        found.map(|found| ours(&found, meant).map(|()| found)).transpose()
    }

    /// The object `name`.
    pub(in crate::apply) async fn get<K: Kind>(&self, namespace: &NamespaceName, name: &str) -> Result<K> {
        self.read("get", named::<K>(namespace, name), self.api::<K>(namespace.as_str()).get(name)).await
    }

    /// Deletes a run's objects: first what uses the volume, then the volume. Not unless the record is still the one
    /// that does not name the run: runs and records are seen by different watches, and one may lag behind.
    pub(in crate::apply) async fn remove_run(
        &self,
        namespace: &NamespaceName,
        owner: &Owner,
        run: &RunName,
    ) -> Result<Applied> {
        if !self.is_still(namespace, owner).await? {
            return Ok(Applied::Stale);
        }
        self.remove::<Deployment>(namespace, &run.deployment(), run).await?;
        self.remove::<Job>(namespace, &run.sizing_job(), run).await?;
        self.remove::<Job>(namespace, &run.job(), run).await?;
        self.remove::<Secret>(namespace, &run.repository_secret(), run).await?;
        self.remove::<PersistentVolumeClaim>(namespace, &run.pvc(), run).await?;
        Ok(Applied::Done)
    }

    /// Deletes the restore Job of a run, if it is still that one, and with it its pods; the volume stays.
    pub(in crate::apply) async fn remove_job(
        &self,
        namespace: &NamespaceName,
        run: &RunName,
        id: JobId,
    ) -> Result<()> {
        let meant = |job: &Job| job.uid().is_some_and(|uid| JobId::of(&uid) == id);
        self.remove_if(namespace, &run.job(), run, meant).await
    }

    async fn remove<K: Kind>(&self, namespace: &NamespaceName, name: &str, run: &RunName) -> Result<()> {
        self.remove_if(namespace, name, run, |_: &K| true).await
    }

    async fn remove_if<K: Kind>(
        &self,
        namespace: &NamespaceName,
        name: &str,
        run: &RunName,
        also: impl Fn(&K) -> bool,
    ) -> Result<()> {
        let (api, shown) = (self.api::<K>(namespace.as_str()), named::<K>(namespace, name));
        let found = self.read("get", shown.clone(), api.get_opt(name)).await?;
        // What is gone or going already was decided on a picture that does not show it yet.
        let object = match found {
            Some(object) if object.meta().deletion_timestamp.is_none() => object,
            gone_or_going => {
                self.gone(namespace, name, gone_or_going);
                return Ok(());
            }
        };
        if !self.is_of(&object, run) || !also(&object) {
            return Ok(());
        }
        let params = DeleteParams {
            preconditions: Some(Preconditions { uid: object.uid(), resource_version: None }),
            propagation_policy: Some(PropagationPolicy::Background),
            ..DeleteParams::default()
        };
        match self.write("delete", shown, api.delete(name, &params)).await {
            Err(error) if error.is_overtaken() => {
                self.gone::<K>(namespace, name, None);
                Ok(())
            }
            deleted => deleted.map(|deleted| self.gone(namespace, name, deleted.left())),
        }
    }

    /// Whether `object` is of our installation and of that run.
    fn is_of(&self, object: &impl ResourceExt, run: &RunName) -> bool {
        let label = |key| object.labels().get(key).map(String::as_str);
        label(labels::MANAGED_BY) == Some(labels::MANAGED_BY_VALUE)
            && label(labels::OWNER) == Some(self.home.as_str())
            && label(labels::RUN) == Some(run.as_str())
    }

    async fn post<K>(&self, api: &Api<K>, object: &K) -> Result<K>
    where
        K: Resource<DynamicType = ()> + Serialize + DeserializeOwned + Clone + Debug,
    {
        let params = PostParams { field_manager: Some(FIELD_MANAGER.to_owned()), ..PostParams::default() };
        self.write("create", shown(object), api.create(&params, object)).await
    }
}

/// `object`, meant for nothing but what was `found`.
fn over<K: Kind>(found: &K, object: &K) -> Value {
    let mut next = json!(object);
    next["metadata"]["uid"] = json!(found.uid());
    next["metadata"]["resourceVersion"] = json!(found.resource_version());
    next
}

/// Whether all that `meant` says is so in `found`, which may say more.
fn says(found: &Value, meant: &Value) -> bool {
    match (found, meant) {
        (Value::Object(found), Value::Object(meant)) => {
            meant.iter().all(|(key, value)| says(found.get(key).unwrap_or(&Value::Null), value))
        }
        (Value::Array(found), Value::Array(meant)) => {
            found.len() == meant.len() && found.iter().zip(meant).all(|(found, meant)| says(found, meant))
        }
        _ => found == meant,
    }
}

/// An error unless `found` is ours and belongs to the same replica as `meant`.
fn ours(found: &impl ResourceExt, meant: &impl Resource<DynamicType = ()>) -> Result<()> {
    let same = [labels::MANAGED_BY, labels::OWNER, labels::DECLARATION_ID, labels::SERVER]
        .into_iter()
        .all(|key| meant.labels().get(key).is_some() && found.labels().get(key) == meant.labels().get(key));
    if same {
        Ok(())
    } else {
        Err(ClusterError::Foreign { object: shown(meant), whose: whose(found, meant) })
    }
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

fn named<K: Kind>(namespace: &NamespaceName, name: &str) -> String {
    format!("{} {namespace}/{name}", K::kind(&()))
}
