//! Who looks at what.

use crate::{Object, kinds::KindId, server::ApiServer};
use std::sync::Arc;

/// One controller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Actor {
    Namespaces,
    Claims,
    Jobs,
    Deployments,
    Kubelet,
    Garbage,
}

impl Actor {
    pub(super) const ALL: [Self; 6] =
        [Self::Namespaces, Self::Claims, Self::Jobs, Self::Deployments, Self::Kubelet, Self::Garbage];

    /// Whether what it does depends on the time: Jobs have deadlines, and scripts of pods may have anything.
    pub(super) fn goes_by_the_time(self) -> bool {
        match self {
            Self::Jobs | Self::Kubelet => true,
            Self::Namespaces | Self::Claims | Self::Deployments | Self::Garbage => false,
        }
    }

    /// What it may have something to do with.
    pub(super) fn objects(self, server: &ApiServer) -> Vec<Arc<Object>> {
        match self {
            Self::Namespaces => going(server.list("namespaces", "")),
            Self::Claims => server.list("persistentvolumeclaims", ""),
            Self::Jobs => server.list("jobs", ""),
            Self::Deployments => server.list("deployments", ""),
            Self::Kubelet => server.list("pods", ""),
            Self::Garbage => KindId::all()
                .filter(|kind| kind.namespaced)
                .flat_map(|kind| server.list(kind.resource, ""))
                .filter(|object| concerns_garbage(object))
                .collect(),
        }
    }
}

fn going(list: Vec<Arc<Object>>) -> Vec<Arc<Object>> {
    list.into_iter().filter(|object| object.is_terminating()).collect()
}

fn concerns_garbage(object: &Object) -> bool {
    object.is_terminating() || object["metadata"].get("ownerReferences").is_some()
}
