//! What is read of the objects the API server tells of.
//!
//! Input: JSON of a list or a watch. Output: [`Slice`], an object as far as anything here looks at it. Must not: make
//! values of what nobody reads. Most of an object is who manages which field and what its containers are told; ten
//! thousand replicas are hundreds of megabytes of it, which are passed over as they come in.

mod metadata;
mod spec;
mod status;

pub(super) use spec::{NamespaceSpec, ServiceSpec};
pub(super) use status::{Conditions, ContainerStatus, JobStatus, PodStatus, Terminated};

use k8s_openapi::{
    api::{apps::v1, batch, core},
    apimachinery::pkg::apis::meta::v1::ObjectMeta,
};
use kube::Resource;
use serde::{
    Deserialize,
    de::{DeserializeOwned, IgnoredAny},
};
use std::{borrow::Cow, fmt::Debug};

pub(super) type Namespace = Slice<core::v1::Namespace>;
pub(super) type Claim = Slice<core::v1::PersistentVolumeClaim>;
pub(super) type Job = Slice<batch::v1::Job>;
pub(super) type Deployment = Slice<v1::Deployment>;
pub(super) type Pod = Slice<core::v1::Pod>;
pub(super) type Service = Slice<core::v1::Service>;

/// What is read of a kind.
pub(super) trait Read: Resource<DynamicType = ()> + Clone + Debug + Send + Sync + 'static {
    /// Of what should be.
    type Spec: DeserializeOwned + Clone + Debug + Send + Sync;
    /// Of what is.
    type Status: DeserializeOwned + Clone + Debug + Send + Sync;
    /// Whether the API server need not even send them.
    const METADATA_ONLY: bool = false;
}

/// An object, as far as it is read.
#[derive(Debug, Clone, Deserialize)]
#[serde(bound = "")]
pub(super) struct Slice<K: Read> {
    /// Without managed fields, and without labels and annotations of others.
    #[serde(default, deserialize_with = "metadata::read")]
    pub(super) metadata: ObjectMeta,
    pub(super) spec: Option<K::Spec>,
    pub(super) status: Option<K::Status>,
}

impl<K: Read> Resource for Slice<K> {
    type DynamicType = ();
    type Scope = K::Scope;

    fn metadata_api() -> bool {
        K::METADATA_ONLY
    }

    fn kind((): &()) -> Cow<'_, str> {
        K::kind(&())
    }

    fn group((): &()) -> Cow<'_, str> {
        K::group(&())
    }

    fn version((): &()) -> Cow<'_, str> {
        K::version(&())
    }

    fn plural((): &()) -> Cow<'_, str> {
        K::plural(&())
    }

    fn meta(&self) -> &ObjectMeta {
        &self.metadata
    }

    fn meta_mut(&mut self) -> &mut ObjectMeta {
        &mut self.metadata
    }
}

impl Read for core::v1::Namespace {
    type Spec = NamespaceSpec;
    type Status = Conditions;
}

impl Read for core::v1::PersistentVolumeClaim {
    type Spec = IgnoredAny;
    type Status = IgnoredAny;
    const METADATA_ONLY: bool = true;
}

impl Read for batch::v1::Job {
    type Spec = IgnoredAny;
    type Status = JobStatus;
}

impl Read for v1::Deployment {
    type Spec = IgnoredAny;
    type Status = Conditions;
}

impl Read for core::v1::Pod {
    type Spec = IgnoredAny;
    type Status = PodStatus;
}

impl Read for core::v1::Service {
    type Spec = ServiceSpec;
    type Status = IgnoredAny;
}

#[cfg(test)]
mod tests;
