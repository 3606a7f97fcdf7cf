//! The kinds this server knows, and what is particular to each.
//!
//! Input: group, version and plural as they stand in a path. Output: one row of the table. Must not: serve a kind that
//! is not in it; a client that asks for another is told so loudly.

use k8s_openapi::api::{
    apps::v1::Deployment,
    authentication::v1::TokenReview,
    batch::v1::Job,
    coordination::v1::Lease,
    core::v1::{
        ConfigMap, Namespace, Node, PersistentVolume, PersistentVolumeClaim, Pod, Secret, Service,
        ServiceAccount,
    },
    events::v1::Event,
    networking::v1::NetworkPolicy,
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

/// One kind of object.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a column of the table")]
pub struct Kind {
    /// API group; empty: the core.
    pub group: &'static str,
    /// Version.
    pub version: &'static str,
    /// Plural, as in paths.
    pub resource: &'static str,
    /// Kind, as in bodies.
    pub kind: &'static str,
    /// Whether it lives in a namespace.
    pub namespaced: bool,
    /// Whether its status is a subresource, and so not to be written with the rest.
    pub status: bool,
    /// Whether changes of its spec are counted in `metadata.generation`.
    pub generation: bool,
    /// Whether it is stored at all; a review is answered and forgotten.
    pub stored: bool,
    /// Whether `PUT` without a resourceVersion is an update of whatever is there.
    pub unconditional_update: bool,
    /// Pointers to what may never change.
    pub immutable: &'static [&'static str],
    /// Reads a body into the kind's own type and back.
    pub(crate) typed: fn(&Value) -> serde_json::Result<Value>,
}

fn typed<K: DeserializeOwned + Serialize>(body: &Value) -> serde_json::Result<Value> {
    serde_json::to_value(K::deserialize(body)?)
}

const fn kind<K: k8s_openapi::Resource + DeserializeOwned + Serialize>(resource: &'static str) -> Kind {
    Kind {
        group: K::GROUP,
        version: K::VERSION,
        resource,
        kind: K::KIND,
        namespaced: true,
        status: true,
        generation: false,
        stored: true,
        unconditional_update: true,
        immutable: &[],
        typed: typed::<K>,
    }
}

/// Every kind.
pub static KINDS: [Kind; 15] = [
    Kind { namespaced: false, ..kind::<Namespace>("namespaces") },
    Kind { status: false, ..kind::<ServiceAccount>("serviceaccounts") },
    Kind { immutable: &["/spec"], ..kind::<PersistentVolumeClaim>("persistentvolumeclaims") },
    Kind { namespaced: false, ..kind::<PersistentVolume>("persistentvolumes") },
    Kind { immutable: &["/spec"], ..kind::<Pod>("pods") },
    Kind { immutable: &["/spec/clusterIP"], ..kind::<Service>("services") },
    Kind { status: false, immutable: &["/type"], ..kind::<Secret>("secrets") },
    Kind { status: false, ..kind::<ConfigMap>("configmaps") },
    Kind { namespaced: false, ..kind::<Node>("nodes") },
    Kind {
        generation: true,
        immutable: &["/spec/template", "/spec/selector", "/spec/completions"],
        ..kind::<Job>("jobs")
    },
    Kind { generation: true, immutable: &["/spec/selector"], ..kind::<Deployment>("deployments") },
    Kind { generation: true, status: false, ..kind::<NetworkPolicy>("networkpolicies") },
    Kind { status: false, ..kind::<Event>("events") },
    Kind { status: false, unconditional_update: false, ..kind::<Lease>("leases") },
    Kind { namespaced: false, stored: false, ..kind::<TokenReview>("tokenreviews") },
];

/// A row of [`KINDS`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KindId(pub(crate) usize);

impl std::fmt::Debug for KindId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.resource)
    }
}

impl std::ops::Deref for KindId {
    type Target = Kind;
    fn deref(&self) -> &Kind {
        &KINDS[self.0]
    }
}

impl KindId {
    /// The kind with this plural; plurals are unique in the table.
    pub fn named(resource: &str) -> Option<Self> {
        KINDS.iter().position(|kind| kind.resource == resource).map(KindId)
    }

    /// Namespaces, in which the others live.
    pub(crate) fn of_namespaces() -> Self {
        Self(0)
    }

    /// The kind of a path.
    pub(crate) fn served(group: &str, version: &str, resource: &str) -> Option<Self> {
        Self::named(resource).filter(|kind| kind.group == group && kind.version == version)
    }

    /// All of them.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        (0..KINDS.len()).map(KindId)
    }

    /// `apiVersion` of its objects.
    pub(crate) fn api_version(self) -> String {
        if self.group.is_empty() {
            self.version.to_owned()
        } else {
            format!("{}/{}", self.group, self.version)
        }
    }

    /// The way errors name it: `jobs.batch`.
    pub(crate) fn qualified(self) -> String {
        if self.group.is_empty() {
            self.resource.to_owned()
        } else {
            format!("{}.{}", self.resource, self.group)
        }
    }
}
