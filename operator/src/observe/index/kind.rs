//! The kinds that are followed.

use contract::names::NamespaceName;
use kube::{Resource, ResourceExt};
use std::fmt;

/// One of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Replicas.
    Namespace,
    /// Volumes of runs.
    Claim,
    /// Restores.
    Job,
    /// Databases.
    Deployment,
    /// Pods of both.
    Pod,
    /// Doors to databases.
    Service,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Namespace, Self::Claim, Self::Job, Self::Deployment, Self::Pod, Self::Service];

    /// How many there are.
    pub(super) const COUNT: u32 = 6;

    /// The name in URLs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Namespace => "namespaces",
            Self::Claim => "persistentvolumeclaims",
            Self::Job => "jobs",
            Self::Deployment => "deployments",
            Self::Pod => "pods",
            Self::Service => "services",
        }
    }

    /// The kind of `K`, where it is followed.
    pub(super) fn of<K: Resource<DynamicType = ()>>() -> Option<Self> {
        let plural = K::plural(&());
        Self::ALL.into_iter().find(|kind| kind.as_str() == plural)
    }

    /// The namespace `object` tells of.
    pub(super) fn place(self, object: &impl ResourceExt) -> Option<NamespaceName> {
        let namespace = if self == Self::Namespace {
            object.meta().name.as_ref()
        } else {
            object.meta().namespace.as_ref()
        };
        namespace?.parse().ok()
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
